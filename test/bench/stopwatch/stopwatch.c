/*
 * The stopwatch of a storm: it starts the parties as processes with a cgroup each, times all of them alike, and says what was there when
 * the answer came. It has the highest priority in the guest, so it wakes at once, and measures outside of the time that it takes.
 *
 * Lines of its standard input, with tabs between words. The answer to each is a line of JSON.
 *   start NAME PROGRAM ARGUMENT…: starts a party, and waits for its first line.
 *   give NAME LINE: gives a party a line that has no answer.
 *   tell NAME LINE: gives a party a line, and passes its answer on.
 *   time NAME LINE MIN: the same, timed, after a random part of a second. A live map needs MIN paths; 0 for single disks.
 *   fresh NAME LINE MIN PROGRAM…: the same from the start of a new process that gets the line.
 *   end NAME: ends a party.
 *   group NAME PID: puts a process and all that it starts later into a cgroup.
 *   sleeps: answers with the nanoseconds that 100 sleeps of 1 ms take.
 */
#define _GNU_SOURCE
#include "stopwatch.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST_WORDS 32
#define LONGEST (1 << 20)
#define CGROUPS "/sys/fs/cgroup"

static struct party parties[MOST_PARTIES];
static char line[LONGEST], answer[LONGEST];

void give_up(const char *what) {
  printf("{\"error\":\"%s: %s\"}\n", what, strerror(errno));
  exit(1);
}
long now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000L + t.tv_nsec;
}
int read_text(const char *file, char *into, size_t size) {
  const int fd = open(file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  size_t all = 0;
  for (ssize_t got; all < size - 1 && (got = read(fd, into + all, size - 1 - all)) > 0;) all += got;
  close(fd);
  into[all] = 0;
  return 1;
}
void write_text(const char *file, const char *text) {
  const int fd = open(file, O_WRONLY | O_CLOEXEC | O_TRUNC);
  if (fd < 0 || write(fd, text, strlen(text)) < 0) give_up(file);
  close(fd);
}

static void group(const char *name, pid_t pid) {
  char file[256], text[32];
  snprintf(file, sizeof file, CGROUPS "/%s", name);
  mkdir(file, 0755);
  snprintf(file, sizeof file, CGROUPS "/%s/cgroup.procs", name);
  snprintf(text, sizeof text, "%d", pid);
  write_text(file, text);
}
static struct party *party_of(const char *name) {
  for (int i = 0; i < MOST_PARTIES; i++)
    if (strcmp(parties[i].name, name) == 0) return &parties[i];
  errno = ENOENT;
  give_up(name);
  return NULL;
}
static struct party *start(const char *name, char **words) {
  struct party *party = party_of("");
  int in[2], out[2];
  if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0) give_up("pipe");
  const pid_t pid = fork();
  if (pid == 0) {
    char log[256];
    const struct sched_param usual = {0};
    sched_setscheduler(0, SCHED_OTHER, &usual);
    group(name, getpid());
    snprintf(log, sizeof log, "/run/lab-bench/%s.log", name);
    const int file = open(log, O_WRONLY | O_CREAT | O_APPEND, 0644);
    if (dup2(in[0], 0) < 0 || dup2(out[1], 1) < 0 || dup2(file, 2) < 0) _exit(126);
    execvp(words[0], words);
    _exit(127);
  }
  close(in[0]);
  close(out[1]);
  snprintf(party->name, sizeof party->name, "%s", name);
  party->pid = pid;
  party->in = in[1];
  party->out = fdopen(out[0], "r");
  return party;
}
static void end(struct party *party) {
  kill(party->pid, SIGKILL);
  waitpid(party->pid, NULL, 0);
  close(party->in);
  fclose(party->out);
  memset(party, 0, sizeof *party);
}
static void say(const struct party *party, const char *text) {
  const size_t size = strlen(text);
  for (size_t at = 0; at < size;) {
    const ssize_t put = write(party->in, text + at, size - at);
    if (put <= 0) give_up(party->name);
    at += put;
  }
  if (write(party->in, "\n", 1) != 1) give_up(party->name);
}
static void hear(const struct party *party) {
  if (fgets(answer, sizeof answer, party->out) == NULL) strcpy(answer, "failed: the process has ended");
  answer[strcspn(answer, "\n")] = 0;
}
static void print_string(const char *text) {
  putchar('"');
  for (; *text; text++) {
    if (*text == '"' || *text == '\\') putchar('\\');
    if ((unsigned char)*text >= ' ') putchar(*text);
  }
  putchar('"');
}

static long sleeps(void) {
  const struct timespec moment = {0, 1000000};
  const long from = now_ns();
  for (int i = 0; i < 100; i++) nanosleep(&moment, NULL);
  return now_ns() - from;
}
/* A random moment of a second: iscsid and multipathd count in whole seconds. */
static void random_wait(void) {
  const struct timespec wait = {0, random() % 1000000000L};
  nanosleep(&wait, NULL);
}
static long peak_kib(const struct party *party) {
  char file[64], text[8192];
  snprintf(file, sizeof file, "/proc/%d/status", party->pid);
  const char *at = read_text(file, text, sizeof text) ? strstr(text, "VmHWM:") : NULL;
  return at == NULL ? 0 : atol(at + 6);
}
static void forget_peak(const struct party *party) {
  char file[64];
  snprintf(file, sizeof file, "/proc/%d/clear_refs", party->pid);
  write_text(file, "5");
}

/* The other parties may have something left to do. Not now. */
static void freeze(const char *but, const char *state) {
  for (int i = 0; i < MOST_PARTIES; i++) {
    char file[NAME + 64];
    if (parties[i].name[0] == 0 || strcmp(parties[i].name, but) == 0) continue;
    snprintf(file, sizeof file, CGROUPS "/%.63s/cgroup.freeze", parties[i].name);
    write_text(file, state);
  }
}

static struct snapshot before, after;
static void timed(const char *name, const char *text, int min_paths, char **words) {
  freeze(name, "1");
  const long sleeps_before = sleeps();
  struct party *party = words == NULL ? party_of(name) : NULL;
  if (party != NULL) forget_peak(party);
  random_wait();
  forget_waits();
  snap(&before, party);
  const long from = now_ns();
  if (party == NULL) party = start(name, words);
  say(party, text);
  hear(party);
  const long to = now_ns();
  snap(&after, party);
  printf("{\"ns\":%ld,\"answer\":", to - from);
  print_string(answer);
  printf(",\"seen\":");
  print_seen(min_paths);
  printf(",\"peakKib\":%ld,", peak_kib(party));
  print_difference(&before, &after);
  print_longest_wait(from, to);
  printf(",\"sleepsNs\":[%ld,%ld]}\n", sleeps_before, sleeps());
  freeze(name, "0");
  if (words != NULL) end(party);
}

int main(void) {
  const struct sched_param first = {.sched_priority = 1};
  if (sched_setscheduler(0, SCHED_FIFO, &first) != 0) give_up("priority");
  signal(SIGPIPE, SIG_IGN);
  srandom(now_ns());
  mkdir("/run/lab-bench", 0755);
  group("harness", getpid());
  start_waits();
  setvbuf(stdout, NULL, _IOLBF, 1 << 16);
  while (fgets(line, sizeof line, stdin) != NULL) {
    char *words[MOST_WORDS + 1];
    int count = 0;
    line[strcspn(line, "\n")] = 0;
    for (char *rest = line, *word; count < MOST_WORDS && (word = strsep(&rest, "\t")) != NULL;) words[count++] = word;
    words[count] = NULL;
    const char *what = words[0];
    if (strcmp(what, "sleeps") == 0) {
      printf("%ld\n", sleeps());
    } else if (strcmp(what, "start") == 0 && count > 2) {
      hear(start(words[1], words + 2));
      print_string(answer);
      putchar('\n');
    } else if (strcmp(what, "give") == 0 && count == 3) {
      say(party_of(words[1]), words[2]);
      puts("null");
    } else if (strcmp(what, "tell") == 0 && count == 3) {
      const struct party *party = party_of(words[1]);
      say(party, words[2]);
      hear(party);
      print_string(answer);
      putchar('\n');
    } else if (strcmp(what, "time") == 0 && count == 4) {
      timed(words[1], words[2], atoi(words[3]), NULL);
    } else if (strcmp(what, "fresh") == 0 && count > 4) {
      timed(words[1], words[2], atoi(words[3]), words + 4);
    } else if (strcmp(what, "end") == 0 && count == 2) {
      end(party_of(words[1]));
      puts("null");
    } else if (strcmp(what, "group") == 0 && count == 3) {
      group(words[1], atoi(words[2]));
      puts("null");
    } else {
      errno = EINVAL;
      give_up(what);
    }
  }
  return 0;
}
