/* Maps: made by ioctl, or asked of multipathd. */
#include "bound.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int control = -1;
void open_control(void) {
  control = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);
  if (control < 0) give_up("no", "/dev/mapper/control");
}
static int tell(unsigned long command, struct dm_ioctl *request, const char *name, const char *uuid) {
  request->version[0] = DM_VERSION_MAJOR;
  request->data_start = sizeof *request;
  if (request->data_size == 0) request->data_size = sizeof *request;
  if (name != NULL) memcpy(request->name, name, strnlen(name, sizeof request->name - 1));
  memcpy(request->uuid, uuid, strnlen(uuid, sizeof request->uuid - 1));
  return ioctl(control, command, request) == 0 ? 0 : errno;
}

/* With a live table of all disks. Returns 0 if a disk can't be opened yet, or multipathd has made the map. */
int make_map(struct volume *volume) {
  char file[TEXT], text[TEXT], name[TEXT], uuid[TEXT + 8], device[32];
  struct {
    struct dm_ioctl head;
    struct dm_target_spec spec;
    char parameters[2048];
  } load;
  memset(&load, 0, sizeof load);
  int at = snprintf(load.parameters, sizeof load.parameters, "0 1 alua %d 1", volume->disk_count);
  for (int i = 0; i < volume->disk_count; i++) {
    snprintf(file, sizeof file, "/sys/class/block/%s/dev", volume->disks[i]);
    if (!read_text(file, device, sizeof device)) return 0;
    at += snprintf(load.parameters + at, sizeof load.parameters - at, " service-time 0 1 1 %s 1", device);
  }
  snprintf(file, sizeof file, "/sys/class/block/%s/size", volume->disks[0]);
  if (!read_text(file, text, sizeof text)) return 0;
  load.spec.length = strtoull(text, NULL, 10);
  snprintf(name, sizeof name, "3%s", volume->wwid);
  snprintf(uuid, sizeof uuid, "mpath-%s", name);
  strcpy(load.spec.target_type, "multipath");
  load.spec.next = sizeof load - sizeof load.head;
  load.head.data_size = sizeof load;
  load.head.target_count = 1;
  struct dm_ioctl create = {0}, resume = {.event_nr = 0x400000}, gone = {0};
  const int refused = tell(DM_DEV_CREATE, &create, name, uuid);
  if (refused == EBUSY) return 0;
  if (refused != 0) give_up("no map", uuid);
  if (tell(DM_TABLE_LOAD, &load.head, NULL, uuid) == 0 && tell(DM_DEV_SUSPEND, &resume, NULL, uuid) == 0) return 1;
  tell(DM_DEV_REMOVE, &gone, NULL, uuid);
  return 0;
}

static void *ask(void *argument) {
  static const char name[] = "\0/org/kernel/linux/storage/multipathd";
  struct volume *volume = argument;
  char command[TEXT], answer[TEXT];
  size_t size = snprintf(command, sizeof command, "add map 3%s", volume->wwid) + 1;
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  memcpy(address.sun_path, name, sizeof name - 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int ok = connect(fd, (struct sockaddr *)&address, offsetof(struct sockaddr_un, sun_path) + sizeof name - 1) == 0 &&
                 write(fd, &size, sizeof size) == sizeof size && write(fd, command, size) == (ssize_t)size;
  if (!ok) give_up("multipathd does not hear", command);
  if (read(fd, &size, sizeof size) == sizeof size)
    while (size > 0) {
      const ssize_t got = read(fd, answer, size < sizeof answer ? size : sizeof answer);
      if (got <= 0) break;
      size -= got;
    }
  close(fd);
  return NULL;
}
/* Doesn't wait for the answer: the map's own event says that it is there. */
void ask_for_map(struct volume *volume) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, ask, volume) != 0) give_up("no thread for", volume->wwid);
  pthread_detach(thread);
}

int map_is_live(const char *dm) {
  char file[TEXT], text[TEXT];
  snprintf(file, sizeof file, "/sys/class/block/%s/dm/suspended", dm);
  if (!read_text(file, text, sizeof text) || text[0] != '0') return 0;
  snprintf(file, sizeof file, "/sys/class/block/%s/slaves", dm);
  DIR *all = opendir(file);
  int count = 0;
  for (struct dirent *entry; all != NULL && (entry = readdir(all)) != NULL;) count += entry->d_name[0] != '.';
  if (all != NULL) closedir(all);
  return count == map_paths;
}
