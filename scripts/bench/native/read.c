// The bound of a topology query: opens, reads and closes the same files as the library, and keeps nothing.
// Usage: read ROOT ROUNDS, with groups on stdin, one a line: `DIRECTORY<tab>ATTRIBUTE,…<tab>LINK,…<tab>SUBDIRECTORY,…`.
// It visits each entry of DIRECTORY (`DIRECTORY!` is itself the entry) and lists SUBDIRECTORY. Prints the milliseconds of each round, and
// the bytes read.
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { kGroups = 16, kNames = 65536 };
struct group {
  char* directory;
  char** lists[3];
};
static size_t bytes_read;
static char buffer[65536];

static char** split(char* text) {
  char** names = calloc(kNames + 1, sizeof *names);
  size_t count = 0;
  for (char* name = strtok(text, ","); name != NULL && count < kNames; name = strtok(NULL, ",")) names[count++] = name;
  return names;
}

static void list(int directory, const char* name) {
  const int fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  DIR* entries = fdopendir(fd);
  for (struct dirent* entry; (entry = readdir(entries)) != NULL;) {
    if (entry->d_name[0] == '.') continue;
    const int child = openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (child >= 0) close(child);
  }
  closedir(entries);
}

static void visit(int entry, const struct group* group) {
  for (char** name = group->lists[0]; *name != NULL; ++name) {
    const int fd = openat(entry, *name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) continue;
    for (ssize_t got; (got = read(fd, buffer, sizeof buffer)) > 0;) bytes_read += (size_t)got;
    close(fd);
  }
  for (char** name = group->lists[1]; *name != NULL; ++name) {
    const ssize_t got = readlinkat(entry, *name, buffer, sizeof buffer);
    if (got > 0) bytes_read += (size_t)got;
  }
  for (char** name = group->lists[2]; *name != NULL; ++name) list(entry, *name);
}

static void walk(int root, const struct group* group) {
  const size_t length = strlen(group->directory);
  char* path = strdup(group->directory);
  const int itself = path[length - 1] == '!';
  if (itself) path[length - 1] = 0;
  const int fd = openat(root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  free(path);
  if (fd < 0) return;
  DIR* entries = fdopendir(fd);
  if (itself) visit(fd, group);
  for (struct dirent* each; !itself && (each = readdir(entries)) != NULL;) {
    if (each->d_name[0] == '.') continue;
    const int entry = openat(fd, each->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (entry < 0) continue;
    visit(entry, group);
    close(entry);
  }
  closedir(entries);
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const int root = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (root < 0) return 1;
  struct group groups[kGroups];
  size_t count = 0;
  char* line = NULL;
  size_t room = 0;
  while (count < kGroups && getline(&line, &room, stdin) > 0) {
    char* rest = strdup(line);
    rest[strcspn(rest, "\n")] = 0;
    groups[count].directory = strsep(&rest, "\t");
    for (int i = 0; i < 3; ++i) groups[count].lists[i] = split(rest == NULL ? strdup("") : strsep(&rest, "\t"));
    ++count;
  }
  for (int round = atoi(argv[2]); round > 0; --round) {
    struct timespec from, to;
    bytes_read = 0;
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (size_t i = 0; i < count; ++i) walk(root, &groups[i]);
    clock_gettime(CLOCK_MONOTONIC, &to);
    printf("%.3f %zu\n", (double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6, bytes_read);
  }
  return 0;
}
