#include "glue/arguments.h"
#include "glue/event_box.h"
#include "glue/exports.h"
#include "glue/js_error.h"

namespace brickwork {

Napi::Value ListenExport(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Arguments arguments(info);
  Environment& environment = Environment::Of(env);
  UeventOptions options{static_cast<unsigned int>(arguments.Integer(0, "groups", 1, 3)), arguments.OptionalPath(1, "netns")};
  const Napi::Function onBatch = arguments.Callback(2, "onBatch");

  const uint32_t handle = environment.nextListener++;
  auto onBound = std::make_unique<BoundDelivery>(env, handle);
  const Napi::Promise promise = onBound->promise();
  auto events = std::make_shared<EventBox>(environment.mailbox(), environment.uevents(), handle, std::move(onBound));
  auto started = UeventListener::Start(environment.sys(), std::move(options), events);
  if (!started.ok()) throw ToJsError(env, started.error());
  environment.listeners.emplace(handle, Environment::Listener{Napi::Persistent(onBatch), std::move(started.value())});
  environment.Begin(env);
  return promise;
}

Napi::Value UnlistenExport(const Napi::CallbackInfo& info) {
  const auto handle = static_cast<uint32_t>(Arguments(info).Integer(0, "handle", 1, 0xffffffff));
  Environment::Of(info.Env()).listeners.erase(handle);
  return info.Env().Undefined();
}

}  // namespace brickwork
