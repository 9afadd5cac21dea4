// The machine as a parameter: all system calls of core. Each returns what the call itself returns (-1 and errno). If a signal interrupts a
// call, the implementation repeats it, except Poll, Connect and Close.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>

#include "core/statx.h"

namespace brickwork {

class Syscalls {
 public:
  virtual ~Syscalls() = default;

  // Files
  virtual int Openat(int directory, const char* path, int flags, mode_t mode) const = 0;
  virtual int Close(int fd) const = 0;
  virtual ssize_t Read(int fd, void* buffer, size_t length) const = 0;
  virtual ssize_t Pread(int fd, void* buffer, size_t length, off_t offset) const = 0;
  virtual ssize_t Write(int fd, const void* bytes, size_t length) const = 0;
  virtual ssize_t Readlinkat(int directory, const char* path, char* buffer, size_t length) const = 0;
  virtual int Statx(int directory, const char* path, int flags, unsigned int mask, struct statx* answer) const = 0;
  virtual ssize_t Getdents64(int directory, void* buffer, size_t length) const = 0;
  virtual int Rewind(int directory) const = 0;
  // The type as linux/magic.h numbers it, by fstatfs(2); -1 if it is not known.
  virtual int64_t FileSystemType(int fd) const = 0;
  virtual int Fchmod(int fd, mode_t mode) const = 0;
  virtual int Fsync(int fd) const = 0;
  virtual int Ioctl(int fd, unsigned long request, void* argument) const = 0;
  virtual int Flock(int fd, int operation) const = 0;
  virtual int Mkdir(const char* path, mode_t mode) const = 0;
  virtual int Rmdir(const char* path) const = 0;
  virtual int Link(const char* from, const char* to) const = 0;
  virtual int Unlink(const char* path) const = 0;
  virtual int Rename(const char* from, const char* to) const = 0;

  // Sockets
  virtual int Socket(int domain, int type, int protocol) const = 0;
  virtual int Bind(int fd, const sockaddr* address, socklen_t length) const = 0;
  virtual int Connect(int fd, const sockaddr* address, socklen_t length) const = 0;
  virtual int Getsockopt(int fd, int level, int name, void* value, socklen_t* length) const = 0;
  virtual int Setsockopt(int fd, int level, int name, const void* value, socklen_t length) const = 0;
  virtual ssize_t Send(int fd, const void* bytes, size_t length, int flags) const = 0;
  virtual ssize_t Recv(int fd, void* buffer, size_t length, int flags) const = 0;
  virtual ssize_t Recvmsg(int fd, msghdr* message, int flags) const = 0;
  virtual int Shutdown(int fd, int how) const = 0;

  // Waiting
  virtual int Poll(pollfd* fds, nfds_t count, int timeoutMs) const = 0;
  virtual int Eventfd(unsigned int value, int flags) const = 0;
  virtual int64_t MonotonicMs() const = 0;
  virtual int64_t RealtimeMs() const = 0;
  virtual void SleepMs(int64_t ms) const = 0;

  // The calling thread
  virtual int Setns(int fd, int type) const = 0;
  virtual int Unshare(int flags) const = 0;
  virtual int CloseRange(unsigned int first, unsigned int last, unsigned int flags) const = 0;
};

}  // namespace brickwork
