#pragma once

#include <sys/types.h>

#include <optional>
#include <string_view>

#include "core/bytes.h"

namespace brickwork {

enum class UeventSource : uint8_t { kKernel = 1, kUdev = 2 };

// Who sent a datagram, as the kernel says.
struct UeventSender {
  uint32_t portId;  // 0: the kernel itself
  bool known;       // credentials came with it
  uid_t uid;
};

// A datagram of NETLINK_KOBJECT_UEVENT as one byte for its source and then `KEY=VALUE` NUL-separated text. Nothing for what is
// malformed, or sent by somebody who is neither the kernel nor root.
std::optional<Bytes> ParseUevent(std::string_view datagram, const UeventSender& sender);

}  // namespace brickwork
