// One INQUIRY after another in plain C. A second thread runs each one and the caller waits: a program that may not block must do this too.
//   inquiry /dev/sgN COUNT      prints the nanoseconds of each command
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <scsi/sg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static enum { kIdle, kAsked, kAnswered } state = kIdle;
static const char *device;

static long long now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}
static void inquire(void) {
  unsigned char cdb[6] = {0x12, 1, 0x83, 0, 0xfc, 0}, data[0xfc], sense[64];
  struct sg_io_hdr request;
  memset(&request, 0, sizeof request);
  request.interface_id = 'S';
  request.dxfer_direction = SG_DXFER_FROM_DEV;
  request.cmdp = cdb;
  request.cmd_len = sizeof cdb;
  request.dxferp = data;
  request.dxfer_len = sizeof data;
  request.sbp = sense;
  request.mx_sb_len = sizeof sense;
  request.timeout = 5000;
  const int fd = open(device, O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0 || ioctl(fd, SG_IO, &request) != 0 || request.status != 0) exit(1);
  close(fd);
}
static void *serve(void *unused) {
  for (;;) {
    pthread_mutex_lock(&lock);
    while (state != kAsked) pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    inquire();
    pthread_mutex_lock(&lock);
    state = kAnswered;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
  }
  return unused;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  device = argv[1];
  pthread_t thread;
  if (pthread_create(&thread, NULL, serve, NULL) != 0) return 1;
  for (int left = atoi(argv[2]); left > 0; --left) {
    const long long from = now_ns();
    pthread_mutex_lock(&lock);
    state = kAsked;
    pthread_cond_broadcast(&changed);
    while (state != kAnswered) pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    printf("%lld\n", now_ns() - from);
  }
  return 0;
}
