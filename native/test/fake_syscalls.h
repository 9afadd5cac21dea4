// A machine that expects no calls. Each test implements the calls that its function should make. It counts descriptors, so that none stays
// open and none is closed twice.
#pragma once

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

#include "core/syscalls.h"

namespace brickwork::test {

class FakeSyscalls : public Syscalls {
 public:
  ~FakeSyscalls() override {
    for (const auto& [fd, what] : descriptors) std::fprintf(stderr, "left open: %d %s\n", fd, what.c_str());
    if (!descriptors.empty()) std::abort();
  }

  int Openat(int, const char* path, int, mode_t) const override { return Unexpected("openat", path); }
  int Close(int fd) const override {
    if (descriptors.erase(fd) == 0) Unexpected("close", "a descriptor that is not open");
    return 0;
  }
  ssize_t Read(int, void*, size_t) const override { return Unexpected("read"); }
  ssize_t Pread(int, void*, size_t, off_t) const override { return Unexpected("pread"); }
  ssize_t Write(int, const void*, size_t) const override { return Unexpected("write"); }
  ssize_t Readlinkat(int, const char* path, char*, size_t) const override { return Unexpected("readlinkat", path); }
  int Statx(int, const char* path, int, unsigned int, struct statx*) const override { return Unexpected("statx", path); }
  ssize_t Getdents64(int, void*, size_t) const override { return Unexpected("getdents64"); }
  int Rewind(int) const override { return static_cast<int>(Unexpected("rewind")); }
  int64_t FileSystemType(int) const override { return fileSystem; }
  int Fchmod(int, mode_t) const override { return Unexpected("fchmod"); }
  int Fsync(int) const override { return Unexpected("fsync"); }
  int Ioctl(int, unsigned long, void*) const override { return Unexpected("ioctl"); }
  int Flock(int, int) const override { return Unexpected("flock"); }
  int Mkdir(const char* path, mode_t) const override { return Unexpected("mkdir", path); }
  int Rmdir(const char* path) const override { return Unexpected("rmdir", path); }
  int Link(const char*, const char* to) const override { return Unexpected("link", to); }
  int Unlink(const char* path) const override { return Unexpected("unlink", path); }
  int Rename(const char*, const char* to) const override { return Unexpected("rename", to); }
  int Socket(int, int, int) const override { return Unexpected("socket"); }
  int Bind(int, const sockaddr*, socklen_t) const override { return Unexpected("bind"); }
  int Connect(int, const sockaddr*, socklen_t) const override { return Unexpected("connect"); }
  int Getsockopt(int, int, int, void*, socklen_t*) const override { return Unexpected("getsockopt"); }
  int Setsockopt(int, int, int, const void*, socklen_t) const override { return Unexpected("setsockopt"); }
  ssize_t Send(int, const void*, size_t, int) const override { return Unexpected("send"); }
  ssize_t Recv(int, void*, size_t, int) const override { return Unexpected("recv"); }
  ssize_t Recvmsg(int, msghdr*, int) const override { return Unexpected("recvmsg"); }
  int Shutdown(int, int) const override { return Unexpected("shutdown"); }
  int Poll(pollfd*, nfds_t, int) const override { return Unexpected("poll"); }
  int Eventfd(unsigned int, int) const override { return Unexpected("eventfd"); }
  int64_t MonotonicMs() const override { return nowMs; }
  int64_t RealtimeMs() const override { return realMs; }
  void SleepMs(int64_t ms) const override { nowMs += ms; }
  int Setns(int, int) const override { return Unexpected("setns"); }
  int Unshare(int) const override { return Unexpected("unshare"); }
  int CloseRange(unsigned int, unsigned int, unsigned int) const override { return Unexpected("close_range"); }

  mutable std::map<int, std::string> descriptors;
  int64_t fileSystem = -1;  // the type of all files, as linux/magic.h numbers it
  mutable int64_t nowMs = 1000;
  int64_t realMs = 1'700'000'000'000;

 protected:
  static int Fail(int err) {
    errno = err;
    return -1;
  }
  int OpenFd(const std::string& what) const {
    const int fd = nextFd_++;
    descriptors.emplace(fd, what);
    return fd;
  }

 private:
  [[noreturn]] static int Unexpected(const char* call, const char* about = "") {
    std::fprintf(stderr, "unexpected call: %s %s\n", call, about);
    std::abort();
  }
  mutable int nextFd_ = 100;
};

}  // namespace brickwork::test
