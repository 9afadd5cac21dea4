#include "core/daemon_exchange.h"
#include "core/tcp_connect.h"
#include "glue/arguments.h"
#include "glue/exports.h"
#include "glue/promise_job.h"
#include "glue/values.h"

namespace brickwork {
namespace {

ReplyEnd ToReplyEnd(const Napi::Value& value) {
  const std::string text = ToText(value, "reply");
  if (text == "eof") return ReplyEnd::kEof;
  if (text == "framed") return ReplyEnd::kFramed;
  throw WrongArgument(value.Env(), "reply", "'eof' or 'framed'");
}

}  // namespace

Napi::Value TcpConnectExport(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  const Syscalls& sys = Environment::Of(info.Env()).sys();
  const auto port = static_cast<uint16_t>(arguments.Integer(1, "port", 1, 65535));
  const auto address = ParseTcpAddress(arguments.Text(0, "address"), port);
  if (!address) throw WrongArgument(info.Env(), "address", "a numeric IPv4 or IPv6 address without brackets");
  return RunOnPool<int>(
      info.Env(), Lane::kWait, {},
      [&sys, address = *address, timeoutMs = arguments.Milliseconds(2, "timeoutMs"), netns = arguments.OptionalPath(3, "netns")] {
        return TcpConnect(sys, address, timeoutMs, netns);
      },
      FromInt);
}

Napi::Value ExchangeExport(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  const Syscalls& sys = Environment::Of(info.Env()).sys();
  ExchangeRequest request{arguments.Text(0, "socket"), arguments.Octets(1, "bytes"), ToReplyEnd(arguments.At(2)),
                          arguments.Milliseconds(3, "timeoutMs"), arguments.OptionalPath(4, "netns")};
  if (!AbstractAddress(request.socket)) throw WrongArgument(info.Env(), "socket", "a name of at most 107 bytes");
  return RunOnPool<Bytes>(
      info.Env(), Lane::kWait, {}, [&sys, request = std::move(request)] { return Exchange(sys, request); }, FromBytes);
}

}  // namespace brickwork
