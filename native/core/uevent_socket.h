#pragma once

#include <string>
#include <vector>

#include "core/bytes.h"
#include "core/sys_error.h"
#include "core/syscalls.h"
#include "core/unique_fd.h"

namespace brickwork {

// A bound socket of the netlink groups (1 kernel, 2 udev), with a buffer large enough for a storm.
Result<UniqueFd> OpenUeventSocket(const Syscalls& sys, unsigned int groups, const std::string& netns);

struct UeventBatch {
  // An empty one stands for events that were lost.
  std::vector<Bytes> messages;
  // The socket cannot be read now, not just once: look again only after a while.
  bool failing;
};

// Takes what the socket has, up to a few hundred messages, without waiting.
UeventBatch DrainUevents(const Syscalls& sys, int fd);

}  // namespace brickwork
