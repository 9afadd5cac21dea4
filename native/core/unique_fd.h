#pragma once

#include <utility>

#include "core/syscalls.h"

namespace brickwork {

// Closes its descriptor when destroyed. Threads of the pool have their own descriptor tables, so a UniqueFd must stay on one thread.
class UniqueFd {
 public:
  UniqueFd(const Syscalls& sys, int fd) : sys_(&sys), fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : sys_(other.sys_), fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) {
      Reset();
      sys_ = other.sys_;
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { Reset(); }

  explicit operator bool() const { return fd_ >= 0; }
  int get() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }
  void Reset() {
    if (fd_ >= 0) sys_->Close(std::exchange(fd_, -1));
  }

 private:
  const Syscalls* sys_;
  int fd_;
};

}  // namespace brickwork
