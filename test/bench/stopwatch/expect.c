/* What sysfs shows at the tick of the answer: live maps with at least so many running paths, and running SCSI disks. */
#include "stopwatch.h"
#include <dirent.h>
#include <string.h>

#define BLOCK "/sys/class/block"

static int has(const char *name, const char *attribute, const char *start) {
  char file[700], text[256];
  snprintf(file, sizeof file, BLOCK "/%s/%s", name, attribute);
  return read_text(file, text, sizeof text) && strncmp(text, start, strlen(start)) == 0;
}
static int running_paths(const char *map) {
  char file[400];
  int count = 0;
  snprintf(file, sizeof file, BLOCK "/%s/slaves", map);
  DIR *all = opendir(file);
  for (struct dirent *entry; all != NULL && (entry = readdir(all)) != NULL;)
    if (entry->d_name[0] != '.') count += has(entry->d_name, "device/state", "running");
  if (all != NULL) closedir(all);
  return count;
}
void print_seen(int min_paths) {
  int maps = 0, live = 0, disks = 0;
  DIR *all = opendir(BLOCK);
  if (all == NULL) give_up(BLOCK);
  for (struct dirent *entry; (entry = readdir(all)) != NULL;) {
    const char *name = entry->d_name;
    if (strncmp(name, "sd", 2) == 0) disks += has(name, "device/state", "running");
    if (strncmp(name, "dm-", 3) != 0 || !has(name, "dm/uuid", "mpath-")) continue;
    maps++;
    live += has(name, "dm/suspended", "0") && running_paths(name) >= min_paths;
  }
  closedir(all);
  printf("{\"maps\":%d,\"liveMaps\":%d,\"disks\":%d}", maps, live, disks);
}
