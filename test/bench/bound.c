/*
 * The minimum that an attach needs. It sends all logins straight to iscsid's socket at once, and scans each LUN as soon as its session
 * exists. It reads sysfs every millisecond until every disk is live, and with maps until every map has all its paths. It verifies nothing,
 * records nothing and rolls nothing back.
 *
 * Reads lines from standard input, and prints the milliseconds from the first byte sent to the last object that became live:
 *   login REQUEST IQN ADDRESS PORT       REQUEST is a file with the request. Sends nothing if the session exists.
 *   lun IQN ADDRESS PORT LUN             the LUN to scan at this portal.
 *   maps PATHS [direct]                  each volume is a map of this many paths. direct: this program creates it as soon as the kernel has
 *                                        them.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define MOST 512
#define TEXT 300

struct path {
  char request[TEXT], iqn[TEXT], address[64], port[8];
  struct lun {
    char lun[24];
    char disk[32];
    atomic_int found, mapped;
  } luns[64];
  int count, logs_in;
};
static struct path paths[MOST];
static int path_count, map_paths, direct;

static void give_up(const char *why, const char *what) {
  fprintf(stderr, "bound: %s %s\n", why, what);
  exit(1);
}
static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}
static void pause_a_moment(void) {
  const struct timespec moment = {0, 1000000};
  nanosleep(&moment, NULL);
}
static int read_text(const char *file, char *into, size_t size) {
  const int fd = open(file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  const ssize_t got = read(fd, into, size - 1);
  close(fd);
  if (got < 0) return 0;
  into[got] = 0;
  into[strcspn(into, "\n")] = 0;
  return 1;
}

static void ask(const char *file) {
  static const char name[] = "\0ISCSIADM_ABSTRACT_NAMESPACE";
  char bytes[20000];
  const int from = open(file, O_RDONLY);
  const ssize_t size = from < 0 ? -1 : read(from, bytes, sizeof bytes);
  if (size <= 0) give_up("no request in", file);
  close(from);
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  memcpy(address.sun_path, name, sizeof name - 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(fd, (struct sockaddr *)&address, offsetof(struct sockaddr_un, sun_path) + sizeof name - 1) != 0) give_up("no iscsid for", file);
  if (write(fd, bytes, size) != size) give_up("could not send", file);
  int answer[2] = {0, -1};
  char rest[4096];
  if (read(fd, answer, sizeof answer) != sizeof answer || answer[1] != 0) give_up("refused", file);
  while (read(fd, rest, sizeof rest) > 0) continue;
  close(fd);
}

/* The number of the session, and of its SCSI host. -1 if it does not exist, or is not logged in. */
static int session_of(const struct path *path, int *host) {
  DIR *all = opendir("/sys/class/iscsi_session");
  if (all == NULL) return -1;
  int found = -1;
  for (struct dirent *entry; found < 0 && (entry = readdir(all)) != NULL;) {
    int id;
    char file[TEXT], text[TEXT];
    if (sscanf(entry->d_name, "session%d", &id) != 1) continue;
    snprintf(file, sizeof file, "/sys/class/iscsi_session/session%d/targetname", id);
    if (!read_text(file, text, sizeof text) || strcmp(text, path->iqn) != 0) continue;
    snprintf(file, sizeof file, "/sys/class/iscsi_connection/connection%d:0/persistent_address", id);
    if (!read_text(file, text, sizeof text) || strcmp(text, path->address) != 0) continue;
    snprintf(file, sizeof file, "/sys/class/iscsi_connection/connection%d:0/persistent_port", id);
    if (!read_text(file, text, sizeof text) || strcmp(text, path->port) != 0) continue;
    snprintf(file, sizeof file, "/sys/class/iscsi_session/session%d/state", id);
    if (!read_text(file, text, sizeof text) || strcmp(text, "LOGGED_IN") != 0) continue;
    snprintf(file, sizeof file, "/sys/class/iscsi_session/session%d", id);
    char *real = realpath(file, NULL);
    const char *part = real == NULL ? NULL : strstr(real, "/host");
    if (part != NULL && sscanf(part, "/host%d/", host) == 1) found = id;
    free(real);
  }
  closedir(all);
  return found;
}

static void *bring_in(void *argument) {
  struct path *path = argument;
  int host = -1;
  if (path->logs_in && session_of(path, &host) < 0) ask(path->request);
  while (session_of(path, &host) < 0) pause_a_moment();
  for (int i = 0; i < path->count; i++) {
    char file[TEXT], text[64];
    snprintf(file, sizeof file, "/sys/class/scsi_host/host%d/scan", host);
    snprintf(text, sizeof text, "0 0 %s", path->luns[i].lun);
    const int fd = open(file, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, text, strlen(text)) < 0) give_up("could not scan", file);
    close(fd);
  }
  for (int i = 0; i < path->count; i++) {
    char directory[TEXT];
    snprintf(directory, sizeof directory, "/sys/bus/scsi/devices/%d:0:0:%s/block", host, path->luns[i].lun);
    while (path->luns[i].disk[0] == 0) {
      DIR *block = opendir(directory);
      for (struct dirent *entry; block != NULL && (entry = readdir(block)) != NULL;)
        if (entry->d_name[0] != '.') snprintf(path->luns[i].disk, sizeof path->luns[i].disk, "%s", entry->d_name);
      if (block != NULL) closedir(block);
      if (path->luns[i].disk[0] == 0) pause_a_moment();
    }
    atomic_store(&path->luns[i].found, 1);
  }
  return NULL;
}

static int count_entries(const char *directory) {
  DIR *all = opendir(directory);
  int count = 0;
  for (struct dirent *entry; all != NULL && (entry = readdir(all)) != NULL;) count += entry->d_name[0] != '.';
  if (all != NULL) closedir(all);
  return count;
}
/* Whether a multipath map that is not suspended holds the disk, with all expected paths. */
static int is_mapped(const char *disk) {
  char holders[TEXT], file[2 * TEXT], text[TEXT];
  snprintf(holders, sizeof holders, "/sys/class/block/%s/holders", disk);
  DIR *all = opendir(holders);
  int mapped = 0;
  for (struct dirent *entry; all != NULL && (entry = readdir(all)) != NULL;) {
    if (entry->d_name[0] == '.') continue;
    snprintf(file, sizeof file, "/sys/class/block/%.60s/dm/uuid", entry->d_name);
    if (!read_text(file, text, sizeof text) || strncmp(text, "mpath-", 6) != 0) continue;
    snprintf(file, sizeof file, "/sys/class/block/%.60s/dm/suspended", entry->d_name);
    if (!read_text(file, text, sizeof text) || text[0] != '0') continue;
    snprintf(file, sizeof file, "/sys/class/block/%.60s/slaves", entry->d_name);
    mapped = count_entries(file) == map_paths;
  }
  if (all != NULL) closedir(all);
  return mapped;
}

static int tell(int control, unsigned long command, struct dm_ioctl *request, const char *name, const char *uuid) {
  request->version[0] = DM_VERSION_MAJOR;
  request->data_start = sizeof *request;
  if (request->data_size == 0) request->data_size = sizeof *request;
  if (name != NULL) snprintf(request->name, sizeof request->name, "%s", name);
  snprintf(request->uuid, sizeof request->uuid, "%s", uuid);
  return ioctl(control, command, request) == 0 ? 0 : errno;
}
/* Creates a map of these disks with a live table. Returns 0 if a disk can't be opened yet. */
static int make_map(int control, char (*disks)[32], int count) {
  char file[TEXT], text[TEXT], name[TEXT], uuid[TEXT + 8], device[32];
  struct {
    struct dm_ioctl head;
    struct dm_target_spec spec;
    char parameters[2048];
  } load;
  memset(&load, 0, sizeof load);
  int at = snprintf(load.parameters, sizeof load.parameters, "0 1 alua %d 1", count);
  for (int i = 0; i < count; i++) {
    snprintf(file, sizeof file, "/sys/class/block/%s/dev", disks[i]);
    if (!read_text(file, device, sizeof device)) return 0;
    at += snprintf(load.parameters + at, sizeof load.parameters - at, " service-time 0 1 1 %s 1", device);
  }
  snprintf(file, sizeof file, "/sys/class/block/%s/size", disks[0]);
  if (!read_text(file, text, sizeof text)) return 0;
  load.spec.length = strtoull(text, NULL, 10);
  snprintf(file, sizeof file, "/sys/class/block/%s/device/wwid", disks[0]);
  if (!read_text(file, text, sizeof text) || strncmp(text, "naa.", 4) != 0) return 0;
  snprintf(name, sizeof name, "3%s", text + 4);
  snprintf(uuid, sizeof uuid, "mpath-%s", name);
  strcpy(load.spec.target_type, "multipath");
  load.spec.next = sizeof load - sizeof load.head;
  load.head.data_size = sizeof load;
  load.head.target_count = 1;
  struct dm_ioctl create = {0}, resume = {.event_nr = 0x400000}, gone = {0};
  if (tell(control, DM_DEV_CREATE, &create, name, uuid) != 0) give_up("no map", uuid);
  if (tell(control, DM_TABLE_LOAD, &load.head, NULL, uuid) == 0 && tell(control, DM_DEV_SUSPEND, &resume, NULL, uuid) == 0) return 1;
  tell(control, DM_DEV_REMOVE, &gone, NULL, uuid);
  return 0;
}
/* Creates the maps of volumes whose disks all exist. Returns how many volumes are left. */
static int make_maps(int control) {
  int left = 0;
  for (int i = 0; i < path_count; i++)
    for (int each = 0; each < paths[i].count; each++) {
      struct lun *first = &paths[i].luns[each];
      if (atomic_load(&first->mapped)) continue;
      char disks[64][32];
      struct lun *ways[64];
      int count = 0;
      for (int p = 0; p < path_count; p++)
        for (int l = 0; strcmp(paths[p].iqn, paths[i].iqn) == 0 && l < paths[p].count; l++) {
          struct lun *way = &paths[p].luns[l];
          if (strcmp(way->lun, first->lun) != 0 || !atomic_load(&way->found)) continue;
          memcpy(disks[count], way->disk, sizeof way->disk);
          ways[count++] = way;
        }
      if (count == map_paths && make_map(control, disks, count))
        for (int w = 0; w < count; w++) atomic_store(&ways[w]->mapped, 1);
      else left++;
    }
  return left;
}

int main(void) {
  char line[2 * TEXT], iqn[TEXT], address[64], port[8], request[TEXT], lun[24];
  while (fgets(line, sizeof line, stdin) != NULL) {
    if (sscanf(line, "maps %d", &map_paths) == 1) {
      direct = strstr(line, "direct") != NULL;
      continue;
    }
    if (sscanf(line, "login %299s %299s %63s %7s", request, iqn, address, port) == 4) {
      struct path *path = &paths[path_count++];
      if (path_count == MOST) give_up("too many", "paths");
      snprintf(path->request, TEXT, "%s", request);
      snprintf(path->iqn, TEXT, "%s", iqn);
      snprintf(path->address, sizeof path->address, "%s", address);
      snprintf(path->port, sizeof path->port, "%s", port);
      path->logs_in = 1;
    } else if (sscanf(line, "lun %299s %63s %7s %23s", iqn, address, port, lun) == 4) {
      for (int i = 0; i < path_count; i++) {
        struct path *path = &paths[i];
        if (strcmp(path->iqn, iqn) != 0 || strcmp(path->address, address) != 0 || strcmp(path->port, port) != 0) continue;
        if (path->count == 64) give_up("too many", "LUNs");
        snprintf(path->luns[path->count].lun, sizeof lun, "%s", lun);
        path->count++;
      }
    } else give_up("not understood:", line);
  }
  pthread_t threads[MOST];
  const double from = now_ms();
  for (int i = 0; i < path_count; i++)
    if (pthread_create(&threads[i], NULL, bring_in, &paths[i]) != 0) give_up("no thread for", paths[i].iqn);
  if (direct) {
    const int control = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);
    if (control < 0) give_up("no", "/dev/mapper/control");
    while (make_maps(control) > 0) pause_a_moment();
  }
  for (int i = 0; i < path_count; i++) pthread_join(threads[i], NULL);
  for (int i = 0; map_paths > 0 && i < path_count; i++)
    for (int each = 0; each < paths[i].count; each++)
      while (!is_mapped(paths[i].luns[each].disk)) pause_a_moment();
  printf("%.3f\n", now_ms() - from);
  return 0;
}
