#include "glue/environment.h"
#include "glue/exports.h"

namespace brickwork {

Napi::Value StatsExport(const Napi::CallbackInfo& info) {
  const PoolStats stats = Environment::Of(info.Env()).stats();
  auto object = Napi::Object::New(info.Env());
  object.Set("threads", Napi::Number::New(info.Env(), static_cast<double>(stats.threads)));
  object.Set("busy", Napi::Number::New(info.Env(), static_cast<double>(stats.busy)));
  object.Set("queued", Napi::Number::New(info.Env(), static_cast<double>(stats.queued)));
  return object;
}

}  // namespace brickwork
