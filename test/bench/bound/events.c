/* Events of the kernel, and of udev if its record counts. Each leads to one read, of what it names. */
#define _GNU_SOURCE
#include "bound.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define KERNEL 1
#define UDEV 2
extern int asks;

int open_events(int udev_too) {
  struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = KERNEL | (udev_too ? UDEV : 0)};
  const int size = 64 << 20;
  const int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
  if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0) give_up("no", "events");
  return fd;
}

/* How far udev is behind the kernel, for each block device that a volume may be. */
static struct progress {
  char name[32];
  unsigned long long kernel, udev;
  int ready; /* the last record says that the device is complete */
} progress[4 * MOST_VOLUMES];
static int progress_count;
static struct progress *progress_of(const char *name) {
  for (int i = 0; i < progress_count; i++)
    if (strcmp(progress[i].name, name) == 0) return &progress[i];
  if (progress_count == 4 * MOST_VOLUMES) give_up("too many", "devices");
  struct progress *each = &progress[progress_count++];
  memset(each, 0, sizeof *each);
  snprintf(each->name, sizeof each->name, "%s", name);
  return each;
}

static int left = -1;
int volumes_left(void) {
  if (left < 0) left = volume_count;
  const int now = left;
  if (now == 0) {
    left = -1;
    progress_count = 0;
  }
  return now;
}
static void finish(struct volume *volume, const char *device) {
  if (volume->done) return;
  if (map_paths > 0 && !volume->made) {
    if (!map_is_live(device)) return;
    if (how == COMES) volume->made = 1;
  }
  if (how == COMES) {
    const struct progress *each = progress_of(device);
    if (!each->ready || each->udev < each->kernel) return;
  }
  volume->done = 1;
  volume->done_ms = now_ms();
  left--;
}

/* A disk that is announced can nearly always be opened. If not, there is no event to wait for. */
static int retries;
static void make_or_retry(struct volume *volume) {
  volume->made = make_map(volume);
  if (volume->made) finish(volume, "");
  else retries = 1;
}
static void retry(void) {
  retries = 0;
  for (int i = 0; i < volume_count; i++)
    if (!volumes[i].made && !volumes[i].done && volumes[i].disk_count == map_paths) make_or_retry(&volumes[i]);
}

static void new_disk(const char *name, int host, const char *lun) {
  for (int i = 0; i < path_count; i++) {
    if (paths[i].host != host) continue;
    for (int each = 0; each < paths[i].count; each++) {
      if (strcmp(paths[i].luns[each].lun, lun) != 0) continue;
      struct volume *volume = paths[i].luns[each].volume;
      snprintf(volume->disks[volume->disk_count++], sizeof volume->disks[0], "%s", name);
      if (map_paths == 0) {
        finish(volume, name);
        return;
      }
      char file[TEXT], text[TEXT];
      snprintf(file, sizeof file, "/sys/class/block/%s/device/wwid", name);
      if (volume->wwid[0] == 0 && read_text(file, text, sizeof text) && strncmp(text, "naa.", 4) == 0)
        snprintf(volume->wwid, sizeof volume->wwid, "%s", text + 4);
      if (asks && !volume->asked && how != DIRECT) {
        volume->asked = 1;
        ask_for_map(volume);
      }
      if (how == DIRECT && volume->disk_count == map_paths) make_or_retry(volume);
      return;
    }
  }
}
static void map_changed(const char *name) {
  char file[TEXT], uuid[TEXT];
  for (int i = 0; i < volume_count; i++)
    if (strcmp(volumes[i].map, name) == 0) {
      finish(&volumes[i], name);
      return;
    }
  snprintf(file, sizeof file, "/sys/class/block/%s/dm/uuid", name);
  if (!read_text(file, uuid, sizeof uuid) || strncmp(uuid, "mpath-3", 7) != 0) return;
  for (int i = 0; i < volume_count; i++)
    if (strcmp(volumes[i].wwid, uuid + 7) == 0) {
      snprintf(volumes[i].map, sizeof volumes[i].map, "%s", name);
      finish(&volumes[i], name);
    }
}

static const char *value(const char *from, const char *end, const char *key) {
  const size_t size = strlen(key);
  for (; from < end; from += strlen(from) + 1)
    if (strncmp(from, key, size) == 0 && from[size] == '=') return from + size + 1;
  return "";
}
static void of_kernel(const char *text, const char *end) {
  int id, host;
  char lun[24], name[32];
  const char *session = strstr(text, "/iscsi_session/session");
  if (strncmp(text, "add@", 4) == 0 && session != NULL && sscanf(session, "/iscsi_session/session%d", &id) == 1) {
    const char *part = strstr(text, "/host");
    if (part != NULL && sscanf(part, "/host%d/", &host) == 1) add_session(id, host);
    return;
  }
  const char *block = strstr(text, "/block/");
  if (block == NULL || strchr(block + 7, '/') != NULL || strlen(block + 7) >= sizeof name) return;
  snprintf(name, sizeof name, "%s", block + 7);
  if (how == COMES) progress_of(name)->kernel = strtoull(value(text, end, "SEQNUM"), NULL, 10);
  if (strncmp(name, "dm-", 3) == 0) {
    if (strncmp(text, "change@", 7) == 0) map_changed(name);
    return;
  }
  const char *target = strstr(text, "/target");
  const char *device = target == NULL ? NULL : strchr(target + 1, '/');
  if (strncmp(text, "add@", 4) == 0 && device != NULL && sscanf(device, "/%d:0:0:%23[0-9]/", &host, lun) == 2) new_disk(name, host, lun);
}
/* A header of 40 bytes, then the properties (systemd: src/libsystemd/sd-device/device-monitor.c). */
static void of_udev(const char *text, ssize_t size) {
  const unsigned *header = (const unsigned *)text;
  const char *from = text + header[4], *end = text + size;
  const char *name = strrchr(value(from, end, "DEVPATH"), '/');
  if (name == NULL || strcmp(value(from, end, "SUBSYSTEM"), "block") != 0 || strcmp(value(from, end, "DEVTYPE"), "disk") != 0) return;
  struct progress *each = progress_of(name + 1);
  each->udev = strtoull(value(from, end, "SEQNUM"), NULL, 10);
  if (strncmp(name, "/dm-", 4) != 0) {
    each->ready = 1;
    for (int i = 0; map_paths == 0 && i < volume_count; i++)
      if (strcmp(volumes[i].disks[0], name + 1) == 0) finish(&volumes[i], name + 1);
    return;
  }
  each->ready = strcmp(value(from, end, "MPATH_DEVICE_READY"), "1") == 0 && strcmp(value(from, end, "DM_UDEV_DISABLE_OTHER_RULES_FLAG"), "1") != 0;
  map_changed(name + 1);
}

void take_events(int socket) {
  char text[16384];
  struct pollfd wait = {.fd = socket, .events = POLLIN};
  if (poll(&wait, 1, retries ? 1 : -1) < 0 && errno != EINTR) give_up("no", "events");
  if (retries) retry();
  for (ssize_t size; (size = recv(socket, text, sizeof text - 1, MSG_DONTWAIT)) > 0;) {
    text[size] = 0;
    if (strcmp(text, "libudev") == 0) of_udev(text, size);
    else of_kernel(text, text + size);
    if (left == 0) return;
  }
}
