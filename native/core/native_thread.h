#pragma once

#include <functional>

namespace brickwork {

// Starts a detached thread with all signals blocked. The process's own handlers must never run on it: libuv's handler writes to a
// descriptor that these threads do not have. Returns 0 or an errno. Nothing joins these threads: one that is stuck in the kernel must not
// block anything.
int StartThread(std::function<void()> body);

}  // namespace brickwork
