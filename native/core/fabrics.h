#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/bytes.h"
#include "core/sys_error.h"
#include "core/syscalls.h"
#include "core/unique_fd.h"

namespace brickwork {

struct FabricsRequest {
  std::string node;         // /dev/nvme-fabrics
  const Bytes& options;     // the option string, which may contain secrets
  std::string controllers;  // /sys/class/nvme
  std::string netns;        // empty: the caller's own
};
struct FabricsConnection {
  int err;  // 0, or the errno of the write: an answer, not a failure of the call
  uint32_t instance;
  UniqueFd directory;  // of the new controller; nothing if it has gone already
};

// One write, which connects a controller. It waits for the kernel's mutex, then for the portal, and cannot be interrupted. The kernel makes
// the sockets in the network namespace of the calling thread, which stays in it. While the file that made a controller is open, no other
// controller gets its number (drivers/nvme/host/core.c, nvme_free_ctrl). So the directory is opened before the file is closed.
Result<FabricsConnection> ConnectFabrics(const Syscalls& sys, const FabricsRequest& request);

// The answer to that write: `instance=3,cntlid=1\n`.
std::optional<uint32_t> ParseInstance(std::string_view answer);

// The options that the driver knows, as it lists them; nothing where it has no list (before Linux 5.17). Waits for the same mutex.
Result<std::optional<Bytes>> ReadFabricsOptions(const Syscalls& sys, const std::string& node);

enum class Deletion : uint8_t { kDeleted = 0, kGone = 1 };

// Deletes the controller of this directory, and waits until it is gone. The handle never leads to another controller of the same number.
Result<Deletion> DeleteController(const Syscalls& sys, int directory);

}  // namespace brickwork
