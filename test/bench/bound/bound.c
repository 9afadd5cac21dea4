/*
 * The least that an attach needs, as a process that is warm: it acts on events, looks once for each, and never polls. All logins go out at
 * once, each LUN is scanned when its session is up, and a map is asked for, or made, as soon as its disks are known. Logins whose TCP
 * connection was slow are woken. It verifies nothing, records nothing and rolls nothing back.
 *
 * `bound plain|comes|direct [asks]`
 *   plain: logins by iscsid's socket, maps by multipathd.
 *   comes: logins by one iscsiadm, and waits for udev's record of the device.
 *   direct: like plain, but it makes maps itself.
 *   asks: asks multipathd for each map when the first disk is known.
 *
 * Lines of its standard input:
 *   question FILE, maps PATHS, login REQUEST IQN ADDRESS PORT, lun IQN ADDRESS PORT LUN: no answer.
 *   ready: prepares threads for what was said; answers `ready`.
 *   go: attaches; answers `done`.
 *   report: answers with the milliseconds until each volume was there, in JSON, and forgets everything.
 */
#include "bound.h"
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum how how;
struct path paths[MOST_PATHS];
struct volume volumes[MOST_VOLUMES];
int path_count, volume_count, map_paths;
char question[TEXT];
static sem_t begin;
static double from_ms;
static pthread_t nudger;

void give_up(const char *why, const char *what) {
  printf("failed: %s %s\n", why, what);
  fflush(stdout);
  exit(1);
}
double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}
int read_text(const char *file, char *into, size_t size) {
  const int fd = open(file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  const ssize_t got = read(fd, into, size - 1);
  close(fd);
  if (got < 0) return 0;
  into[got] = 0;
  into[strcspn(into, "\n")] = 0;
  return 1;
}

static void *bring_in(void *argument) {
  struct path *path = argument;
  sem_wait(&begin);
  if (!path->exists && how == COMES) sem_wait(&path->may_scan);
  if (!path->exists && how != COMES) {
    ask_iscsid(path->request);
    __sync_sub_and_fetch(&logins_left, 1);
  }
  if (!path->exists) path->host = host_of(path);
  char file[TEXT], text[64];
  snprintf(file, sizeof file, "/sys/class/scsi_host/host%d/scan", path->host);
  const int fd = open(file, O_WRONLY | O_CLOEXEC);
  for (int i = 0; i < path->count; i++) {
    snprintf(text, sizeof text, "0 0 %s", path->luns[i].lun);
    if (fd < 0 || write(fd, text, strlen(text)) < 0) give_up("could not scan", file);
  }
  close(fd);
  return NULL;
}

static struct volume *volume_of(const char *iqn, const char *lun) {
  for (int i = 0; i < volume_count; i++)
    if (strcmp(volumes[i].lun, lun) == 0 && strcmp(volumes[i].iqn, iqn) == 0) return &volumes[i];
  if (volume_count == MOST_VOLUMES) give_up("too many", "volumes");
  struct volume *volume = &volumes[volume_count++];
  snprintf(volume->iqn, sizeof volume->iqn, "%s", iqn);
  snprintf(volume->lun, sizeof volume->lun, "%s", lun);
  return volume;
}
static void add_lun(const char *iqn, const char *address, const char *port, const char *lun) {
  for (int i = 0; i < path_count; i++) {
    struct path *path = &paths[i];
    if (strcmp(path->iqn, iqn) != 0 || strcmp(path->address, address) != 0 || strcmp(path->port, port) != 0) continue;
    if (path->count == MOST_LUNS) give_up("too many", "LUNs");
    snprintf(path->luns[path->count].lun, sizeof path->luns[0].lun, "%s", lun);
    path->luns[path->count++].volume = volume_of(iqn, lun);
  }
}

static int events = -1;
static void prepare(void) {
  events = open_events(how == COMES);
  know_sessions();
  sem_init(&begin, 0, 0);
  logins_left = 0;
  for (int i = 0; i < path_count; i++) {
    paths[i].host = -1;
    paths[i].host = host_of(&paths[i]);
    paths[i].exists = paths[i].host >= 0;
    logins_left += !paths[i].exists;
    sem_init(&paths[i].may_scan, 0, 0);
    if (pthread_create(&paths[i].thread, NULL, bring_in, &paths[i]) != 0) give_up("no thread for", paths[i].iqn);
  }
  sem_init(&nudging, 0, 0);
  if (how != COMES && logins_left > 0 && pthread_create(&nudger, NULL, nudge, NULL) != 0) give_up("no thread", "to nudge");
}
static void attach(void) {
  from_ms = now_ms();
  const int by_iscsiadm = how == COMES && logins_left > 0;
  for (int i = 0; i < path_count; i++) sem_post(&begin);
  if (how != COMES && logins_left > 0) sem_post(&nudging);
  if (by_iscsiadm) log_in_by_iscsiadm();
  while (volumes_left() > 0) take_events(events);
}
static void report(void) {
  for (int i = 0; i < path_count; i++) pthread_join(paths[i].thread, NULL);
  printf("{\"volumes\":[");
  for (int i = 0; i < volume_count; i++) printf("%s%.3f", i ? "," : "", volumes[i].done_ms - from_ms);
  printf("]}\n");
  close(events);
  forget_sessions();
  memset(paths, 0, sizeof paths);
  memset(volumes, 0, sizeof volumes);
  path_count = volume_count = map_paths = 0;
}

int asks;
int main(int argc, char **argv) {
  char line[2 * TEXT], iqn[TEXT], address[64], port[8], request[TEXT], lun[24];
  if (argc < 2) give_up("usage:", "bound plain|comes|direct");
  how = strcmp(argv[1], "comes") == 0 ? COMES : strcmp(argv[1], "direct") == 0 ? DIRECT : PLAIN;
  asks = argc > 2 && strcmp(argv[2], "asks") == 0;
  if (how == DIRECT) open_control();
  setvbuf(stdout, NULL, _IOLBF, 0);
  puts("ready");
  while (fgets(line, sizeof line, stdin) != NULL) {
    if (sscanf(line, "maps %d", &map_paths) == 1) continue;
    if (sscanf(line, "question %299s", question) == 1) continue;
    if (sscanf(line, "login %299s %299s %63s %7s", request, iqn, address, port) == 4) {
      if (path_count == MOST_PATHS) give_up("too many", "paths");
      struct path *path = &paths[path_count++];
      snprintf(path->request, TEXT, "%s", request);
      snprintf(path->iqn, TEXT, "%s", iqn);
      snprintf(path->address, sizeof path->address, "%s", address);
      snprintf(path->port, sizeof path->port, "%s", port);
    } else if (sscanf(line, "lun %299s %63s %7s %23s", iqn, address, port, lun) == 4) {
      add_lun(iqn, address, port, lun);
    } else if (strcmp(line, "ready\n") == 0) {
      prepare();
      puts("ready");
    } else if (strcmp(line, "go\n") == 0) {
      attach();
      puts("done");
    } else if (strcmp(line, "report\n") == 0) {
      report();
    } else {
      give_up("not understood:", line);
    }
  }
  return 0;
}
