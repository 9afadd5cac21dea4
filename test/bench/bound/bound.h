/* What the parts of the bound share; bound.c says what it does. */
#ifndef BOUND_H
#define BOUND_H
#include <pthread.h>
#include <semaphore.h>
#include <stddef.h>

#define MOST_PATHS 512
#define MOST_LUNS 64
#define MOST_VOLUMES 256
#define MOST_WAYS 16
#define TEXT 300

/* A volume is a LUN of a target, whatever the portal. */
struct volume {
  char iqn[TEXT], lun[24];
  char wwid[TEXT]; /* the kernel's, without "naa."; empty until the first disk is known */
  char disks[MOST_WAYS][32];
  int disk_count, asked, made, done;
  char map[32]; /* dm-N */
  double done_ms;
};
/* A portal of a target. */
struct path {
  char request[TEXT], iqn[TEXT], address[64], port[8];
  struct {
    char lun[24];
    struct volume *volume;
  } luns[MOST_LUNS];
  int count, host, exists;
  sem_t may_scan; /* posted when iscsiadm says that it has logged in */
  pthread_t thread;
};
enum how { PLAIN, COMES, DIRECT };

extern enum how how;
extern struct path paths[MOST_PATHS];
extern struct volume volumes[MOST_VOLUMES];
extern int path_count, volume_count, map_paths;
extern char question[TEXT];

void give_up(const char *why, const char *what);
double now_ms(void);
int read_text(const char *file, char *into, size_t size);

/* sessions.c */
void add_session(int id, int host);
void forget_sessions(void);
void know_sessions(void);
int host_of(const struct path *path);

/* iscsid.c */
void ask_iscsid(const char *request_file);
void *nudge(void *unused);
extern sem_t nudging;
extern volatile int logins_left;
void log_in_by_iscsiadm(void);

/* maps.c */
void open_control(void);
int make_map(struct volume *volume);
void ask_for_map(struct volume *volume);
int map_is_live(const char *dm);

/* events.c */
int open_events(int udev_too);
void take_events(int socket);
int volumes_left(void);
#endif
