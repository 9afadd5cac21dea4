// Runs a polled call to its end, as a poller does, on a machine with virtual time.
#pragma once

#include <algorithm>

#include "core/polled.h"

namespace brickwork::test {

template <typename T>
Result<T> Drive(const Syscalls& sys, PolledCall<T>& call) {
  auto wait = call.Advance(true);
  while (wait) {
    const int64_t leftMs = std::max<int64_t>(0, wait->untilMs - sys.MonotonicMs());
    bool ready = false;
    if (wait->fd < 0) {
      sys.SleepMs(leftMs);
    } else {
      pollfd waited{wait->fd, wait->events, 0};
      ready = sys.Poll(&waited, 1, static_cast<int>(leftMs)) > 0;
      if (!ready && sys.MonotonicMs() < wait->untilMs) continue;
    }
    wait = call.Advance(ready);
  }
  call.Close();
  return call.TakeAnswer();
}

}  // namespace brickwork::test
