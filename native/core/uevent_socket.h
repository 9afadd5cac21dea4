#pragma once

#include <string>
#include <vector>

#include "core/bytes.h"
#include "core/sys_error.h"
#include "core/syscalls.h"
#include "core/unique_fd.h"

namespace brickwork {

// A socket bound to the netlink groups (1 kernel, 2 udev), with a buffer for many events.
Result<UniqueFd> OpenUeventSocket(const Syscalls& sys, unsigned int groups, const std::string& netns);

struct UeventBatch {
  // An empty message stands for lost events.
  std::vector<Bytes> messages;
  // The socket cannot be read for the moment: wait before the next read.
  bool failing;
};

// Takes the pending messages of the socket, up to a few hundred, without waiting.
UeventBatch DrainUevents(const Syscalls& sys, int fd);

}  // namespace brickwork
