#include "core/daemon_exchange.h"
#include "core/tcp_connect.h"
#include "core/tcp_greeting.h"
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

constexpr int64_t kGreetingLimit = 64 * 1024;

// The first two arguments.
SocketAddress ToPortal(Napi::Env env, const Arguments& arguments) {
  const auto port = static_cast<uint16_t>(arguments.Integer(1, "port", 1, 65535));
  const auto address = ParseTcpAddress(arguments.Text(0, "address"), port);
  if (!address) throw WrongArgument(env, "address", "a numeric IPv4 or IPv6 address without brackets");
  return *address;
}

Napi::Value FromGreeting(Napi::Env env, GreetingReply& reply) {
  auto object = Napi::Object::New(env);
  object.Set("errno", Napi::Number::New(env, reply.err));
  object.Set("bytes", FromBytes(env, reply.bytes));
  return object;
}

}  // namespace

Napi::Value TcpConnectExport(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  const Environment& environment = Environment::Of(info.Env());
  auto call = std::make_shared<TcpConnection>(environment.sys(), ToPortal(info.Env(), arguments), arguments.Milliseconds(2, "timeoutMs"),
                                              arguments.OptionalPath(3, "netns"));
  return RunPolled<int>(info.Env(), environment.sockets(), {}, std::move(call), FromInt);
}

Napi::Value GreetExport(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  const Environment& environment = Environment::Of(info.Env());
  GreetingRequest request{ToPortal(info.Env(), arguments), arguments.Octets(2, "bytes"),
                          static_cast<size_t>(arguments.Integer(3, "length", 1, kGreetingLimit)), arguments.Milliseconds(4, "timeoutMs"),
                          arguments.OptionalPath(5, "netns")};
  auto call = std::make_shared<TcpGreeting>(environment.sys(), std::move(request));
  return RunPolled<GreetingReply>(info.Env(), environment.sockets(), {}, std::move(call), FromGreeting);
}

Napi::Value ExchangeExport(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  const Environment& environment = Environment::Of(info.Env());
  ExchangeRequest request{arguments.Text(0, "socket"), arguments.Octets(1, "bytes"), ToReplyEnd(arguments.At(2)),
                          arguments.Milliseconds(3, "timeoutMs"), arguments.OptionalPath(4, "netns")};
  if (!AbstractAddress(request.socket)) throw WrongArgument(info.Env(), "socket", "a name of at most 107 bytes");
  auto call = std::make_shared<Exchange>(environment.sys(), std::move(request));
  return RunPolled<Bytes>(info.Env(), environment.sockets(), {}, std::move(call), FromBytes);
}

}  // namespace brickwork
