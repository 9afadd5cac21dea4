#pragma once

#include <string>

#include "core/bytes.h"
#include "core/deadline.h"
#include "core/polled.h"
#include "core/socket_address.h"

namespace brickwork {

struct GreetingRequest {
  SocketAddress address;
  Bytes bytes;
  size_t length;  // of the answer
  int timeoutMs;
  std::string netns;
};
struct GreetingReply {
  int err;  // 0, or the errno with which it failed: ETIMEDOUT after the timeout, EPIPE if the peer closes before its answer is complete
  Bytes bytes;
};

// A TCP connection over which bytes are sent and an answer of a fixed length is awaited. It is closed then.
class TcpGreeting final : public PolledCall<GreetingReply> {
 public:
  TcpGreeting(const Syscalls& sys, GreetingRequest request)
      : PolledCall(sys), request_(std::move(request)), deadline_(sys, request_.timeoutMs), reply_{0, Bytes(request_.length)} {}
  std::optional<Wait> Advance(bool ready) override;

 private:
  enum class Stage { kOpen, kConnect, kSend, kReceive };

  std::optional<Wait> Open();
  std::optional<Wait> Connected();
  std::optional<Wait> Send();
  std::optional<Wait> Receive();
  std::optional<Wait> WaitFor(short events) const { return Wait{fd_.get(), events, deadline_.endsAtMs()}; }
  std::optional<Wait> Failed(int err) { return Answer(GreetingReply{err, {}}); }

  const GreetingRequest request_;
  const Deadline deadline_;
  Stage stage_ = Stage::kOpen;
  size_t sent_ = 0;
  GreetingReply reply_;
  size_t filled_ = 0;
};

}  // namespace brickwork
