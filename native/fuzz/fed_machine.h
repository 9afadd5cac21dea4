// A machine whose answers all come from a fuzzer's input, within the kernel's guarantees: never more bytes than requested. Once the input
// is used up every call fails, so any code that runs on it ends.
#pragma once

#include <linux/magic.h>

#include <cstdlib>
#include <iterator>
#include <set>

#include "fuzz/feed.h"
#include "fuzz/no_machine.h"

namespace brickwork {

inline void Require(bool condition) {
  if (!condition) std::abort();
}

class FedMachine : public NoMachine {
 public:
  // `ownNames`: every opened name comes from a directory of this machine, or is text without kStale.
  explicit FedMachine(Feed feed, bool ownNames = false) : feed_(feed), ownNames_(ownNames) {}
  ~FedMachine() override { Require(open_.empty()); }

  int Openat(int, const char* path, int, mode_t) const override {
    Require(!ownNames_ || std::strchr(path, kStale) == nullptr);
    return Fails() ? -1 : Open();
  }
  int Socket(int, int, int) const override { return Fails() ? -1 : Open(); }
  int Close(int fd) const override {
    Require(open_.erase(fd) == 1);
    return 0;
  }
  ssize_t Read(int, void* buffer, size_t length) const override { return Answer(buffer, length); }
  ssize_t Pread(int, void* buffer, size_t length, off_t) const override { return Answer(buffer, length); }
  ssize_t Recv(int, void* buffer, size_t length, int) const override { return Answer(buffer, length); }
  ssize_t Readlinkat(int, const char* path, char* buffer, size_t length) const override {
    Require(!ownNames_ || std::strchr(path, kStale) == nullptr);
    return Answer(buffer, length);
  }
  // Bytes behind the entries of a directory are never part of a name.
  ssize_t Getdents64(int, void* buffer, size_t length) const override {
    auto* const bytes = static_cast<char*>(buffer);
    std::fill(bytes, bytes + std::min(length, kBehind), kStale);
    const ssize_t got = Answer(buffer, std::min(length, kBehind / 2));
    if (got > 0) std::replace(bytes, bytes + got, kStale, 'x');
    return got;
  }
  int Rewind(int) const override { return Fails() ? -1 : 0; }
  int64_t FileSystemType(int) const override { return Fails() ? -1 : SYSFS_MAGIC; }
  ssize_t Write(int, const void*, size_t length) const override { return Fails() ? -1 : static_cast<ssize_t>(length); }
  ssize_t Send(int, const void*, size_t length, int) const override { return Fails() ? -1 : static_cast<ssize_t>(length); }
  int Statx(int, const char*, int, unsigned int, struct statx* answer) const override {
    if (Fails()) return -1;
    feed_.Fill(answer, sizeof *answer);
    return 0;
  }
  int Fchmod(int, mode_t) const override { return Fails() ? -1 : 0; }
  int Fsync(int) const override { return Fails() ? -1 : 0; }
  int Connect(int, const sockaddr*, socklen_t) const override { return Fails() ? -1 : 0; }
  int Shutdown(int, int) const override { return Fails() ? -1 : 0; }
  int Setsockopt(int, int, int, const void*, socklen_t) const override { return Fails() ? -1 : 0; }
  int Poll(pollfd* waited, nfds_t, int timeoutMs) const override {
    if (Fails()) {
      nowMs_ += timeoutMs;
      return errno == EINTR ? -1 : 0;
    }
    waited->revents = waited->events;
    return 1;
  }
  int64_t MonotonicMs() const override { return nowMs_; }
  void SleepMs(int64_t ms) const override { nowMs_ += ms; }

  static constexpr char kStale = '\x01';

 protected:
  // One byte decides whether a call fails; most succeed.
  bool Fails() const {
    constexpr int kErrors[] = {ENOENT, EACCES, ENODEV, EIO, EAGAIN, EINTR, ENOTDIR, ELOOP, ESRCH, ENXIO, EBUSY, EPERM, EMFILE, ENOBUFS};
    constexpr uint8_t kFirstError = 0xf0;
    const uint8_t how = feed_.empty() ? kFirstError : feed_.Byte();
    if (how < kFirstError) return false;
    errno = kErrors[(how - kFirstError) % std::size(kErrors)];
    return true;
  }
  ssize_t Answer(void* buffer, size_t length) const {
    if (Fails()) return -1;
    return static_cast<ssize_t>(feed_.Fill(buffer, std::min<size_t>(length, feed_.Short())));
  }
  int Open() const {
    open_.insert(nextFd_);
    return nextFd_++;
  }

  mutable Feed feed_;

 private:
  static constexpr size_t kBehind = 8192;

  const bool ownNames_;
  mutable std::set<int> open_;
  mutable int nextFd_ = 100;
  mutable int64_t nowMs_ = 0;
};

}  // namespace brickwork
