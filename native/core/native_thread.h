#pragma once

#include <functional>

namespace brickwork {

// Starts a detached thread with every signal blocked: the process's own handlers (libuv's write to a descriptor that our threads do not
// have) must never run on it. 0 or an errno. Nobody waits for these threads: one that is stuck in the kernel must not stop anything.
int StartThread(std::function<void()> body);

}  // namespace brickwork
