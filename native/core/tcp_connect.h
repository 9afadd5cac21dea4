#pragma once

#include <string>

#include "core/deadline.h"
#include "core/polled.h"
#include "core/socket_address.h"

namespace brickwork {

// A TCP handshake, closed at once. The answer is 0, or the errno with which the handshake failed (ETIMEDOUT after the timeout). That errno
// is an answer, not a failure of the call.
class TcpConnection final : public PolledCall<int> {
 public:
  TcpConnection(const Syscalls& sys, const SocketAddress& address, int timeoutMs, std::string netns)
      : PolledCall(sys), address_(address), netns_(std::move(netns)), deadline_(sys, timeoutMs) {}
  std::optional<Wait> Advance(bool ready) override;

 private:
  std::optional<Wait> Begin();

  const SocketAddress address_;
  const std::string netns_;
  const Deadline deadline_;
};

}  // namespace brickwork
