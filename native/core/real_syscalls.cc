#include "core/real_syscalls.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace brickwork {
namespace {

template <typename Call>
auto AgainIfInterrupted(Call call) {
  for (;;) {
    const auto answer = call();
    if (answer != -1 || errno != EINTR) return answer;
  }
}

int64_t NowMs(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

/** The request is an unsigned long in glibc, and an int in musl. */
template <typename Request>
int CallIoctl(int (*ioctl)(int, Request, ...), int fd, unsigned long request, void* argument) {
  return ioctl(fd, static_cast<Request>(request), argument);
}

class Real final : public Syscalls {
 public:
  int Openat(int directory, const char* path, int flags, mode_t mode) const override {
    return AgainIfInterrupted([&] { return ::openat(directory, path, flags, mode); });
  }
  int Close(int fd) const override { return ::close(fd); }
  ssize_t Read(int fd, void* buffer, size_t length) const override {
    return AgainIfInterrupted([&] { return ::read(fd, buffer, length); });
  }
  ssize_t Pread(int fd, void* buffer, size_t length, off_t offset) const override {
    return AgainIfInterrupted([&] { return ::pread(fd, buffer, length, offset); });
  }
  ssize_t Write(int fd, const void* bytes, size_t length) const override {
    return AgainIfInterrupted([&] { return ::write(fd, bytes, length); });
  }
  ssize_t Readlinkat(int directory, const char* path, char* buffer, size_t length) const override {
    return ::readlinkat(directory, path, buffer, length);
  }
  int Statx(int directory, const char* path, int flags, unsigned int mask, struct statx* answer) const override {
    // musl has no function for it before 1.2.5.
    return static_cast<int>(::syscall(SYS_statx, directory, path, flags, mask, answer));
  }
  ssize_t Getdents64(int directory, void* buffer, size_t length) const override {
    return static_cast<ssize_t>(::syscall(SYS_getdents64, directory, buffer, length));
  }
  int Rewind(int directory) const override { return ::lseek(directory, 0, SEEK_SET) < 0 ? -1 : 0; }
  int64_t FileSystemType(int fd) const override {
    struct statfs answer {};
    return ::fstatfs(fd, &answer) == 0 ? static_cast<int64_t>(answer.f_type) : -1;
  }
  int Fchmod(int fd, mode_t mode) const override { return ::fchmod(fd, mode); }
  int Fsync(int fd) const override {
    return AgainIfInterrupted([&] { return ::fsync(fd); });
  }
  int Ioctl(int fd, unsigned long request, void* argument) const override { return CallIoctl(::ioctl, fd, request, argument); }
  int Flock(int fd, int operation) const override {
    return AgainIfInterrupted([&] { return ::flock(fd, operation); });
  }
  int Mkdir(const char* path, mode_t mode) const override { return ::mkdir(path, mode); }
  int Rmdir(const char* path) const override { return ::rmdir(path); }
  int Link(const char* from, const char* to) const override { return ::link(from, to); }
  int Unlink(const char* path) const override { return ::unlink(path); }
  int Rename(const char* from, const char* to) const override { return ::rename(from, to); }

  int Socket(int domain, int type, int protocol) const override { return ::socket(domain, type, protocol); }
  int Bind(int fd, const sockaddr* address, socklen_t length) const override { return ::bind(fd, address, length); }
  int Connect(int fd, const sockaddr* address, socklen_t length) const override { return ::connect(fd, address, length); }
  int Getsockopt(int fd, int level, int name, void* value, socklen_t* length) const override {
    return ::getsockopt(fd, level, name, value, length);
  }
  int Setsockopt(int fd, int level, int name, const void* value, socklen_t length) const override {
    return ::setsockopt(fd, level, name, value, length);
  }
  ssize_t Send(int fd, const void* bytes, size_t length, int flags) const override {
    return AgainIfInterrupted([&] { return ::send(fd, bytes, length, flags); });
  }
  ssize_t Recv(int fd, void* buffer, size_t length, int flags) const override {
    return AgainIfInterrupted([&] { return ::recv(fd, buffer, length, flags); });
  }
  ssize_t Recvmsg(int fd, msghdr* message, int flags) const override {
    return AgainIfInterrupted([&] { return ::recvmsg(fd, message, flags); });
  }
  int Shutdown(int fd, int how) const override { return ::shutdown(fd, how); }

  int Poll(pollfd* fds, nfds_t count, int timeoutMs) const override { return ::poll(fds, count, timeoutMs); }
  int Eventfd(unsigned int value, int flags) const override { return ::eventfd(value, flags); }
  int64_t MonotonicMs() const override { return NowMs(CLOCK_MONOTONIC); }
  int64_t RealtimeMs() const override { return NowMs(CLOCK_REALTIME); }
  void SleepMs(int64_t ms) const override {
    timespec left{};
    left.tv_sec = static_cast<time_t>(ms / 1000);
    left.tv_nsec = static_cast<long>(ms % 1000 * 1'000'000);
    while (::nanosleep(&left, &left) == -1 && errno == EINTR) {
    }
  }

  int Setns(int fd, int type) const override { return ::setns(fd, type); }
  int Unshare(int flags) const override { return ::unshare(flags); }
  int CloseRange(unsigned int first, unsigned int last, unsigned int flags) const override {
    // Not the wrapper of glibc 2.34: the call also works with older C libraries.
    return static_cast<int>(::syscall(SYS_close_range, first, last, flags));
  }
};

}  // namespace

const Syscalls& RealSyscalls() {
  static const Syscalls& real = *new Real;
  return real;
}

}  // namespace brickwork
