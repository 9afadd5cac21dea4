/*
 * The test of a guest's instruction clock: run first in each guest that has one (boot.mjs). Prints what it measured as one JSON object.
 * Ends with 1 if the clock doesn't count one nanosecond an instruction, or counts string instructions by their iterations.
 *
 * With `sleeps` it only prints the nanoseconds that 100 sleeps of a millisecond took.
 */
#define _GNU_SOURCE
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SIZE (16L << 20)
#define PLAIN 100000000L
#define STARTS 20
#define SLEEPS 100
/* Instructions a byte. copy_user_generic_unrolled of arch/x86/lib/copy_user_64.S takes 20 for 64 bytes (0.31). The rest is for each page. */
#define MOST_SET 0.3
#define MOST_READ 0.7

extern char **environ;

static long now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000L + t.tv_nsec;
}
static void give_up(const char *what) {
  perror(what);
  exit(2);
}
/* A loop of two instructions. The least of three, since a guest that has just started has other work too. */
static long plain(void) {
  long least = 0;
  for (int i = 0; i < 3; i++) {
    long rounds = PLAIN / 2;
    const long from = now_ns();
    __asm__ volatile("1: dec %0\n\tjnz 1b" : "+r"(rounds) : : "cc");
    const long took = now_ns() - from;
    if (i == 0 || took < least) least = took;
  }
  return least;
}
static int compare(const void *a, const void *b) {
  const long x = *(const long *)a, y = *(const long *)b;
  return (x > y) - (x < y);
}
/* The median of starting this program again, to its end. */
static long start_ns(char *self) {
  long took[STARTS];
  char *argv[] = {self, "nothing", NULL};
  for (int i = 0; i < STARTS; i++) {
    pid_t child;
    int status;
    const long from = now_ns();
    if (posix_spawn(&child, self, NULL, NULL, argv, environ) != 0 || waitpid(child, &status, 0) != child) give_up("start");
    took[i] = now_ns() - from;
  }
  qsort(took, STARTS, sizeof took[0], compare);
  return took[STARTS / 2];
}
static long sleeps(void) {
  const struct timespec moment = {0, 1000000};
  const long from = now_ns();
  for (int i = 0; i < SLEEPS; i++) nanosleep(&moment, NULL);
  return now_ns() - from;
}

int main(int argc, char **argv) {
  if (argc > 1 && strcmp(argv[1], "nothing") == 0) return 0;
  if (argc > 1 && strcmp(argv[1], "sleeps") == 0) return printf("%ld\n", sleeps()) < 0;

  char *memory = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const int file = memfd_create("clock", 0);
  if (memory == MAP_FAILED || file < 0) give_up("memory");
  memset(memory, 1, SIZE); /* so that no page is new below */
  if (write(file, memory, SIZE) != SIZE || lseek(file, 0, SEEK_SET) != 0) give_up("file");

  const long plain_ns = plain();
  long from = now_ns();
  memset(memory, 2, SIZE);
  __asm__ volatile("" : : "r"(memory) : "memory");
  const long set_ns = now_ns() - from;
  from = now_ns();
  if (read(file, memory, SIZE) != SIZE) give_up("read");
  const long read_ns = now_ns() - from;

  const double set = (double)set_ns / SIZE, read_each = (double)read_ns / SIZE;
  const int ok = plain_ns > PLAIN * 0.99 && plain_ns < PLAIN * 1.01 && set <= MOST_SET && read_each <= MOST_READ;
  printf("{\"plainMs\":%.3f,\"memsetPerByte\":%.3f,\"readPerByte\":%.3f,\"startMs\":%.3f,\"sleepsMs\":%.1f,\"ok\":%s}\n", plain_ns / 1e6, set,
         read_each, start_ns(argv[0]) / 1e6, sleeps() / 1e6, ok ? "true" : "false");
  return ok ? 0 : 1;
}
