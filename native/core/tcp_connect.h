#pragma once

#include <string>

#include "core/socket_address.h"
#include "core/sys_error.h"
#include "core/syscalls.h"

namespace brickwork {

// A TCP handshake, closed at once. 0, or the errno that the handshake failed with (ETIMEDOUT when the time is over): an answer, not a
// failure.
Result<int> TcpConnect(const Syscalls& sys, const SocketAddress& address, int timeoutMs, const std::string& netns);

}  // namespace brickwork
