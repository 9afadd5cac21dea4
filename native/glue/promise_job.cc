#include "glue/promise_job.h"

namespace brickwork {

Napi::Value Promised(Napi::Env env, const std::shared_ptr<Pending>& pending, int err) {
  // The promise was not returned yet. It is garbage-collected, and the caller gets the exception.
  if (err != 0) throw ToJsError(env, SysError{err, "pthread_create", {}});
  Environment::Of(env).Begin(env, pending);
  const Napi::Promise promise = pending->promise();
  promise.As<Napi::Object>().Set("ticket", Napi::Number::New(env, static_cast<double>(pending->ticket())));
  return promise;
}

}  // namespace brickwork
