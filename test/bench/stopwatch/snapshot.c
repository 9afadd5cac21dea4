/* Counters of the host: processor time by cgroup and of kernel threads, idle time, processes started, requests to the machine. */
#include "stopwatch.h"
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#define CGROUPS "/sys/fs/cgroup"
static char text[1 << 20];

/* The first field: nanoseconds on the processor (proc_pid_schedstat). */
static long runtime_ns(const char *file) {
  char short_text[128];
  return read_text(file, short_text, sizeof short_text) ? atol(short_text) : 0;
}
static void add(struct snapshot *into, const char *name, long ns) {
  int i = 0;
  while (i < into->count && strcmp(into->groups[i].name, name) != 0) i++;
  if (i == MOST_GROUPS) return;
  if (i == into->count) {
    snprintf(into->groups[i].name, NAME, "%s", name);
    into->groups[i].ns = 0;
    into->count++;
  }
  into->groups[i].ns += ns;
}

/* Processes that have ended are counted too. */
static void add_groups(struct snapshot *into) {
  DIR *all = opendir(CGROUPS);
  if (all == NULL) give_up(CGROUPS);
  for (struct dirent *entry; (entry = readdir(all)) != NULL;) {
    char file[512], stat[1024];
    if (entry->d_type != DT_DIR || entry->d_name[0] == '.') continue;
    snprintf(file, sizeof file, CGROUPS "/%s/cpu.stat", entry->d_name);
    if (read_text(file, stat, sizeof stat) && strncmp(stat, "usage_usec ", 11) == 0) add(into, entry->d_name, atol(stat + 11) * 1000);
  }
  closedir(all);
}
/* They can't be in a cgroup of their own. */
static void add_kernel_threads(struct snapshot *into) {
  static char procs[1 << 16];
  if (!read_text(CGROUPS "/cgroup.procs", procs, sizeof procs)) give_up("cgroup.procs");
  for (char *rest = procs, *end; *rest; rest = end + (*end == '\n')) {
    char file[64], name[64];
    const long pid = strtol(rest, &end, 10);
    if (end == rest) break;
    snprintf(file, sizeof file, "/proc/%ld/comm", pid);
    if (!read_text(file, name, sizeof name)) continue;
    snprintf(file, sizeof file, "/proc/%ld/schedstat", pid);
    const long ns = runtime_ns(file);
    const int is_target = strncmp(name, "iscsi_t", 7) == 0 || strncmp(name, "iscsi_np", 8) == 0;
    add(into, is_target ? "the target" : "kernel threads", ns);
  }
}
static void add_threads(struct snapshot *into, const struct party *party) {
  char file[600];
  snprintf(file, sizeof file, "/proc/%d/schedstat", party->pid);
  into->main_ns = runtime_ns(file);
  snprintf(file, sizeof file, "/proc/%d/task", party->pid);
  DIR *all = opendir(file);
  for (struct dirent *entry; all != NULL && (entry = readdir(all)) != NULL;) {
    if (entry->d_name[0] == '.') continue;
    snprintf(file, sizeof file, "/proc/%d/task/%s/schedstat", party->pid, entry->d_name);
    into->threads_ns += runtime_ns(file);
  }
  if (all != NULL) closedir(all);
}
/* The virtqueues named "requests" are those of 9p. */
static unsigned long requests(void) {
  unsigned long sum = 0;
  if (!read_text("/proc/interrupts", text, sizeof text)) give_up("interrupts");
  for (char *rest = text, *row; (row = strsep(&rest, "\n")) != NULL;) {
    const char *count = strchr(row, ':');
    if (count != NULL && strstr(row, "-requests") != NULL) sum += strtoul(count + 1, NULL, 10);
  }
  return sum;
}
/* The sum, if the file has the word more than once: for each processor. */
static long number_after(const char *file, const char *word) {
  long sum = 0;
  const char *at = read_text(file, text, sizeof text) ? strstr(text, word) : NULL;
  if (at == NULL) give_up(word);
  for (; at != NULL; at = strstr(at, word)) {
    at += strlen(word);
    sum += atol(at + strspn(at, " :"));
  }
  return sum;
}

void snap(struct snapshot *into, const struct party *party) {
  memset(into, 0, sizeof *into);
  into->idle_ns = number_after("/proc/timer_list", ".idle_sleeptime");
  if (party != NULL) add_threads(into, party);
  add_groups(into);
  add_kernel_threads(into);
  into->forks = number_after("/proc/stat", "processes ");
  into->requests = requests();
}
void print_difference(const struct snapshot *from, const struct snapshot *to) {
  printf("\"idleNs\":%ld,\"forks\":%lu,\"requests\":%lu,", to->idle_ns - from->idle_ns, to->forks - from->forks, to->requests - from->requests);
  printf("\"mainNs\":%ld,\"threadsNs\":%ld,\"groups\":{", to->main_ns - from->main_ns, to->threads_ns - from->threads_ns);
  const char *comma = "";
  for (int i = 0; i < to->count; i++) {
    long ns = to->groups[i].ns;
    for (int j = 0; j < from->count; j++)
      if (strcmp(from->groups[j].name, to->groups[i].name) == 0) ns -= from->groups[j].ns;
    if (ns == 0) continue;
    printf("%s\"%s\":%ld", comma, to->groups[i].name, ns);
    comma = ",";
  }
  printf("},");
}
