#pragma once

#include <cerrno>

#include "core/syscalls.h"

namespace brickwork {

// A machine on which nothing exists.
class NoMachine : public Syscalls {
 public:
  int Openat(int, const char*, int, mode_t) const override { return No(); }
  int Close(int) const override { return No(); }
  ssize_t Read(int, void*, size_t) const override { return No(); }
  ssize_t Pread(int, void*, size_t, off_t) const override { return No(); }
  ssize_t Write(int, const void*, size_t) const override { return No(); }
  ssize_t Readlinkat(int, const char*, char*, size_t) const override { return No(); }
  int Statx(int, const char*, int, unsigned int, struct statx*) const override { return No(); }
  ssize_t Getdents64(int, void*, size_t) const override { return No(); }
  int Rewind(int) const override { return No(); }
  int64_t FileSystemType(int) const override { return No(); }
  int Fchmod(int, mode_t) const override { return No(); }
  int Fsync(int) const override { return No(); }
  int Ioctl(int, unsigned long, void*) const override { return No(); }
  int Flock(int, int) const override { return No(); }
  int Mkdir(const char*, mode_t) const override { return No(); }
  int Rmdir(const char*) const override { return No(); }
  int Link(const char*, const char*) const override { return No(); }
  int Unlink(const char*) const override { return No(); }
  int Rename(const char*, const char*) const override { return No(); }
  int Socket(int, int, int) const override { return No(); }
  int Bind(int, const sockaddr*, socklen_t) const override { return No(); }
  int Connect(int, const sockaddr*, socklen_t) const override { return No(); }
  int Getsockopt(int, int, int, void*, socklen_t*) const override { return No(); }
  int Setsockopt(int, int, int, const void*, socklen_t) const override { return No(); }
  ssize_t Send(int, const void*, size_t, int) const override { return No(); }
  ssize_t Recv(int, void*, size_t, int) const override { return No(); }
  ssize_t Recvmsg(int, msghdr*, int) const override { return No(); }
  int Shutdown(int, int) const override { return No(); }
  int Poll(pollfd*, nfds_t, int) const override { return No(); }
  int Eventfd(unsigned int, int) const override { return No(); }
  int64_t MonotonicMs() const override { return 0; }
  int64_t RealtimeMs() const override { return 0; }
  void SleepMs(int64_t) const override {}
  int Setns(int, int) const override { return No(); }
  int Unshare(int) const override { return No(); }
  int CloseRange(unsigned int, unsigned int, unsigned int) const override { return No(); }

 private:
  static int No() {
    errno = ENOENT;
    return -1;
  }
};

}  // namespace brickwork
