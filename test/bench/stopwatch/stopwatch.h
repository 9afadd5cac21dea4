/* What the parts of the stopwatch share; stopwatch.c says what it does. */
#ifndef STOPWATCH_H
#define STOPWATCH_H
#include <stdio.h>
#include <sys/types.h>

#define NAME 64
#define MOST_PARTIES 24
#define MOST_GROUPS 48

struct party {
  char name[NAME];
  pid_t pid;
  int in;
  FILE *out;
};

void give_up(const char *what);
long now_ns(void);
int read_text(const char *file, char *into, size_t size);
void write_text(const char *file, const char *text);

/* snapshot.c: what the host has counted so far. */
struct snapshot {
  long idle_ns;
  unsigned long forks, requests; /* processes and threads started, 9p requests */
  long main_ns, threads_ns;      /* of the party: its main thread, all its threads */
  struct {
    char name[NAME];
    long ns;
  } groups[MOST_GROUPS]; /* programs, by cgroup, and kernel threads by purpose */
  int count;
};
void snap(struct snapshot *into, const struct party *party);
void print_difference(const struct snapshot *from, const struct snapshot *to);

/* waits.c: idle stretches. */
void start_waits(void);
void forget_waits(void);
void print_longest_wait(long from_ns, long to_ns);

/* expect.c: what is there, by sysfs. */
void print_seen(int min_paths);
#endif
