#pragma once

#include <string>

#include "core/bytes.h"
#include "core/deadline.h"
#include "core/polled.h"

namespace brickwork {

enum class ReplyEnd { kEof, kFramed };

struct ExchangeRequest {
  std::string socket;  // abstract name without its leading NUL
  Bytes bytes;
  ReplyEnd reply;
  int timeoutMs;
  std::string netns;
};

constexpr size_t kReplyLimit = 32 * 1024 * 1024;

// One request and its reply over a daemon's abstract stream socket. Any process may bind an abstract name, so the peer must be root before
// the first byte is sent (EPERM of "peercred"). kEof: the sending side is shut down after the request, so a daemon that expects more bytes
// sees the end instead of waiting. The answer is everything until the daemon closes. kFramed: the answer is the bytes after the 8-byte
// native length. Errors: ETIMEDOUT after the timeout; EMSGSIZE beyond 32 MiB; ECONNRESET for a frame that ends early.
class Exchange final : public PolledCall<Bytes> {
 public:
  Exchange(const Syscalls& sys, ExchangeRequest request)
      : PolledCall(sys), request_(std::move(request)), deadline_(sys, request_.timeoutMs) {}
  std::optional<Wait> Advance(bool ready) override;

 private:
  enum class Stage { kOpen, kConnect, kSend, kHeader, kBody, kUntilEof };

  std::optional<Wait> Open();
  std::optional<Wait> Connect();
  std::optional<Wait> Send();
  std::optional<Wait> Receive();
  // Handles `got` new bytes at the end of the buffer. Returns nothing at the end of the answer.
  std::optional<Wait> Received(size_t got);
  // Where the next bytes are stored.
  size_t Room();
  std::optional<Wait> Failed(const char* syscall, int err);
  std::optional<Wait> WaitFor(short events) const;
  const char* StageName() const;

  const ExchangeRequest request_;
  const Deadline deadline_;
  Stage stage_ = Stage::kOpen;
  size_t sent_ = 0;
  Bytes reply_;       // of this stage: the header, the body, or everything
  size_t filled_ = 0;  // bytes received
};

}  // namespace brickwork
