#include "core/deadline.h"

#include <algorithm>

namespace brickwork {

int64_t Deadline::RemainingMs() const { return std::max<int64_t>(0, endsAtMs_ - sys_.MonotonicMs()); }

bool Deadline::Sleep(int64_t ms) const {
  const int64_t remaining = RemainingMs();
  if (remaining == 0) return false;
  sys_.SleepMs(std::min(ms, remaining));
  return true;
}

}  // namespace brickwork
