// Receives and sends uevents in plain C.
//   uevents receive                  Receives the kernel's group until an event with END=1. Prints `number nanoseconds` of each event with
//                                    N=number, then `lost times`.
//   uevents send FILE COUNT RATE     Has the kernel send COUNT events of the device of FILE, RATE a second (0: without pause). Prints the
//                                    same.
// Times are of CLOCK_MONOTONIC.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { kMost = 200000, kBuffer = 16 << 20 };
static long long times[kMost];

static long long now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}
static void print_times(void) {
  for (int i = 0; i < kMost; ++i)
    if (times[i] != 0) printf("%d %lld\n", i, times[i]);
}

static int receive(void) {
  const int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
  const struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = 1};
  const int size = kBuffer;
  if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) != 0) return 1;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
  puts("listening");
  fflush(stdout);
  int lost = 0;
  char bytes[8192];
  for (;;) {
    const ssize_t got = recv(fd, bytes, sizeof bytes - 1, 0);
    const long long at = now_ns();
    if (got < 0 && errno == ENOBUFS) {
      ++lost;
      continue;
    }
    if (got < 0) return 1;
    bytes[got] = 0;
    for (char *word = bytes; word < bytes + got; word += strlen(word) + 1) {
      if (strncmp(word, "SYNTH_ARG_END=", 14) == 0) {
        print_times();
        printf("lost %d\n", lost);
        return 0;
      }
      if (strncmp(word, "SYNTH_ARG_N=", 12) == 0) {
        const int number = atoi(word + 12);
        if (number >= 0 && number < kMost) times[number] = at;
      }
    }
  }
}

static int tell(int fd, const char *what, int number) {
  char text[128];
  const int length = snprintf(text, sizeof text, "change 01234567-89ab-cdef-0123-456789abcdef %s=%d", what, number);
  return write(fd, text, (size_t)length) == length ? 0 : -1;
}
static int send_all(const char *file, int count, int rate) {
  const int fd = open(file, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return 1;
  const long long from = now_ns();
  for (int i = 0; i < count && i < kMost; ++i) {
    if (rate > 0) {
      const long long due = from + i * 1000000000LL / rate;
      const struct timespec t = {due / 1000000000LL, due % 1000000000LL};
      clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
    }
    times[i] = now_ns();
    if (tell(fd, "N", i) != 0) return 1;
  }
  usleep(200000);
  if (tell(fd, "END", 1) != 0) return 1;
  print_times();
  puts("lost 0");
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "receive") == 0) return receive();
  if (argc == 5 && strcmp(argv[1], "send") == 0) return send_all(argv[2], atoi(argv[3]), atoi(argv[4]));
  return 2;
}
