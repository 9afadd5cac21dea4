#pragma once

#include <cstdint>
#include <string>

#include "core/sys_error.h"
#include "core/syscalls.h"

namespace brickwork {

// The moment by which a call ends.
class Deadline {
 public:
  Deadline(const Syscalls& sys, int64_t ms) : sys_(sys), endsAtMs_(sys.MonotonicMs() + ms) {}

  int64_t RemainingMs() const;
  // Sleeps, but not beyond the end; false when there was no time left.
  bool Sleep(int64_t ms) const;
  // Waits until `fd` is ready for `events` (or has an error or its other side has gone); ETIMEDOUT of `syscall` at the end.
  Result<Done> Await(int fd, short events, const char* syscall, const std::string& path) const;

 private:
  const Syscalls& sys_;
  int64_t endsAtMs_;
};

}  // namespace brickwork
