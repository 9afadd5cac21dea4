#pragma once

#include <string>

#include "core/bytes.h"
#include "core/sys_error.h"
#include "core/syscalls.h"

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

// One request and its reply over a daemon's abstract stream socket. Anyone may bind an abstract name, so the peer must be root before
// the first byte leaves (EPERM of "peercred"). kEof: the sending side is shut down after the request, so that a daemon that wants more
// bytes sees the end instead of waiting; the answer is all that comes until the daemon closes. kFramed: the answer is the bytes after
// the 8-byte native length. ETIMEDOUT when the time is over; EMSGSIZE beyond 32 MiB; ECONNRESET for a frame that ends early.
Result<Bytes> Exchange(const Syscalls& sys, const ExchangeRequest& request);

}  // namespace brickwork
