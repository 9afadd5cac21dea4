#pragma once

#include <sys/types.h>

#include <optional>
#include <string_view>

#include "core/bytes.h"

namespace brickwork {

enum class UeventSource : uint8_t { kKernel = 1, kUdev = 2 };

// The sender of a datagram, by the kernel's information.
struct UeventSender {
  uint32_t portId;  // 0: the kernel itself
  bool known;       // the datagram has credentials
  uid_t uid;
};

// Converts a datagram of NETLINK_KOBJECT_UEVENT to one byte for its source, followed by `KEY=VALUE` NUL-separated text. Returns nothing for
// a malformed datagram, or if the sender is neither the kernel nor root.
std::optional<Bytes> ParseUevent(std::string_view datagram, const UeventSender& sender);

}  // namespace brickwork
