#include "core/deadline.h"

#include <algorithm>
#include <limits>

namespace brickwork {

int64_t Deadline::RemainingMs() const { return std::max<int64_t>(0, endsAtMs_ - sys_.MonotonicMs()); }

bool Deadline::Sleep(int64_t ms) const {
  const int64_t remaining = RemainingMs();
  if (remaining == 0) return false;
  sys_.SleepMs(std::min(ms, remaining));
  return true;
}

Result<Done> Deadline::Await(int fd, short events, const char* syscall, const std::string& path) const {
  for (;;) {
    const int64_t remaining = RemainingMs();
    pollfd waited{fd, events, 0};
    const int ready = sys_.Poll(&waited, 1, static_cast<int>(std::min<int64_t>(remaining, std::numeric_limits<int>::max())));
    if (ready > 0) return Done{};
    if (ready < 0 && errno != EINTR) return LastError("poll", path);
    if (ready == 0 && RemainingMs() == 0) return SysError{ETIMEDOUT, syscall, path};
  }
}

}  // namespace brickwork
