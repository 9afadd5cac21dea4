/* Logins: by iscsid's socket, or by one iscsiadm for all portals. */
#define _GNU_SOURCE
#include "bound.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <spawn.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

sem_t nudging;
volatile int logins_left;

static int connect_to_iscsid(void) {
  static const char name[] = "\0ISCSIADM_ABSTRACT_NAMESPACE";
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  memcpy(address.sun_path, name, sizeof name - 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(fd, (struct sockaddr *)&address, offsetof(struct sockaddr_un, sun_path) + sizeof name - 1) != 0) give_up("no", "iscsid");
  return fd;
}
static void send_file(int fd, const char *file) {
  char bytes[20000];
  const int from = open(file, O_RDONLY | O_CLOEXEC);
  const ssize_t size = from < 0 ? -1 : read(from, bytes, sizeof bytes);
  if (size <= 0) give_up("no request in", file);
  close(from);
  if (write(fd, bytes, size) != size) give_up("could not send", file);
}
void ask_iscsid(const char *request_file) {
  const int fd = connect_to_iscsid();
  send_file(fd, request_file);
  int answer[2] = {0, -1};
  char rest[4096];
  if (read(fd, answer, sizeof answer) != sizeof answer || answer[1] != 0) give_up("refused", request_file);
  while (read(fd, rest, sizeof rest) > 0) continue;
  close(fd);
}

/*
 * iscsid looks at a TCP connection after 1 ms, and then only when a second is over and something wakes it (usr/initiator.c). This wakes it
 * 5 ms after each full second while logins are in progress.
 */
void *nudge(void *unused) {
  (void)unused;
  sem_wait(&nudging);
  while (logins_left > 0) {
    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    next.tv_sec++;
    next.tv_nsec = 5000000;
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
    if (logins_left == 0) break;
    const int fd = connect_to_iscsid();
    send_file(fd, question);
    char rest[4096];
    while (read(fd, rest, sizeof rest) > 0) continue;
    close(fd);
  }
  return NULL;
}

/* "Login to [iface: default, target: IQN, portal: ADDRESS,PORT] successful." (usr/iscsiadm.c) */
static void read_line(const char *line) {
  const char *rest = strstr(line, "Login to [");
  if (rest == NULL || strstr(rest, "successful") == NULL) return;
  const char *target = strstr(rest, "target: "), *portal = strstr(rest, "portal: ");
  for (int i = 0; target != NULL && portal != NULL && i < path_count; i++) {
    struct path *path = &paths[i];
    const size_t iqn = strlen(path->iqn), address = strlen(path->address);
    if (strncmp(target + 8, path->iqn, iqn) != 0 || target[8 + iqn] != ',') continue;
    if (strncmp(portal + 8, path->address, address) != 0 || portal[8 + address] != ',') continue;
    sem_post(&path->may_scan);
    __sync_sub_and_fetch(&logins_left, 1);
  }
}
static void *follow(void *argument) {
  FILE *from = argument;
  char line[2 * TEXT];
  while (fgets(line, sizeof line, from) != NULL) read_line(line);
  fclose(from);
  while (waitpid(-1, NULL, WNOHANG) > 0) continue;
  if (logins_left > 0) give_up("iscsiadm did not log in", line);
  return NULL;
}
/* All records of the database are this storm's. iscsiadm writes to a terminal, so that each line comes at once. */
void log_in_by_iscsiadm(void) {
  static char *const words[] = {"iscsiadm", "-m", "node", "--login", NULL};
  extern char **environ;
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (terminal < 0 || grantpt(terminal) != 0 || unlockpt(terminal) != 0) give_up("no", "terminal");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, ptsname(terminal), O_WRONLY | O_NOCTTY, 0);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  pid_t child;
  pthread_t reader;
  if (posix_spawnp(&child, words[0], &actions, NULL, words, environ) != 0) give_up("no", words[0]);
  posix_spawn_file_actions_destroy(&actions);
  if (pthread_create(&reader, NULL, follow, fdopen(terminal, "r")) != 0) give_up("no thread for", words[0]);
  pthread_detach(reader);
}
