#pragma once

#include <napi.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "core/outcome.h"
#include "glue/environment.h"
#include "glue/js_error.h"

namespace brickwork {

// A core function on one of our threads, and the promise of its answer. It holds nothing of JavaScript but the promise's own handle, so
// it may be destroyed anywhere.
template <typename T>
class PromiseJob final : public Delivery {
 public:
  using Work = std::function<Result<T>()>;
  using Convert = Napi::Value (*)(Napi::Env, T&);

  PromiseJob(Napi::Env env, Work work, Convert convert) : deferred_(env), work_(std::move(work)), convert_(convert) {}

  void Run() noexcept override { outcome_.Make(work_); }

  void Deliver(Napi::Env env) override {
    Environment::Of(env).End(env);
    try {
      if (outcome_.ok()) {
        deferred_.Resolve(convert_(env, outcome_.value()));
      } else {
        deferred_.Reject(ToJsError(env, outcome_.error()).Value());
      }
    } catch (const Napi::Error& error) {
      deferred_.Reject(error.Value());
    }
  }

  Napi::Promise promise() const { return deferred_.Promise(); }

 private:
  Napi::Promise::Deferred deferred_;
  const Work work_;
  const Convert convert_;
  Outcome<T> outcome_;
};

template <typename T>
Napi::Value RunOnPool(Napi::Env env, Lane lane, std::string key, std::function<Result<T>()> work, Napi::Value (*convert)(Napi::Env, T&)) {
  Environment& environment = Environment::Of(env);
  auto job = std::make_unique<PromiseJob<T>>(env, std::move(work), convert);
  const Napi::Promise promise = job->promise();
  const int err = environment.Submit(lane, std::move(key), std::move(job));
  // Nobody has the promise yet: it is collected, the caller gets the exception.
  if (err != 0) throw ToJsError(env, SysError{err, "pthread_create", {}});
  environment.Begin(env);
  return promise;
}

}  // namespace brickwork
