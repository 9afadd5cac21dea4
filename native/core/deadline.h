#pragma once

#include <cstdint>

#include "core/syscalls.h"

namespace brickwork {

// The time by which a call must end.
class Deadline {
 public:
  Deadline(const Syscalls& sys, int64_t ms) : sys_(sys), endsAtMs_(sys.MonotonicMs() + ms) {}

  int64_t endsAtMs() const { return endsAtMs_; }
  int64_t RemainingMs() const;
  // Sleeps, but not beyond the deadline. Returns false if no time was left.
  bool Sleep(int64_t ms) const;

 private:
  const Syscalls& sys_;
  int64_t endsAtMs_;
};

}  // namespace brickwork
