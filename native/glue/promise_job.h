#pragma once

#include <napi.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "core/outcome.h"
#include "glue/environment.h"
#include "glue/js_error.h"
#include "glue/pending.h"

namespace brickwork {

// A core function that runs on a native thread, and the promise of its answer. Its only JavaScript value is the promise's own handle, so
// any thread may destroy it.
template <typename T>
class PromiseJob final : public Delivery {
 public:
  using Work = std::function<Result<T>()>;
  using Convert = Napi::Value (*)(Napi::Env, T&);

  PromiseJob(std::shared_ptr<Pending> pending, Work work, Convert convert)
      : pending_(std::move(pending)), work_(std::move(work)), convert_(convert) {}

  void Run() noexcept override { outcome_.Make(work_); }

  void Deliver(Napi::Env env) override {
    if (!Environment::Of(env).Settles(env, *pending_)) return;
    try {
      if (outcome_.ok()) {
        pending_->Resolve(convert_(env, outcome_.value()));
      } else {
        pending_->Reject(ToJsError(env, outcome_.error()).Value());
      }
    } catch (const Napi::Error& error) {
      pending_->Reject(error.Value());
    }
  }

 private:
  const std::shared_ptr<Pending> pending_;
  const Work work_;
  const Convert convert_;
  Outcome<T> outcome_;
};

// The promise of a call that has begun (`err` 0). It knows its ticket, by which the call can be abandoned.
Napi::Value Promised(Napi::Env env, const std::shared_ptr<Pending>& pending, int err);

template <typename T>
Napi::Value RunOnPool(Napi::Env env, Lane lane, std::string key, std::function<Result<T>()> work, Napi::Value (*convert)(Napi::Env, T&)) {
  Environment& environment = Environment::Of(env);
  const auto pending = environment.Expect(env);
  auto job = std::make_unique<PromiseJob<T>>(pending, std::move(work), convert);
  return Promised(env, pending, environment.pool().Submit(lane, std::move(key), pending->ticket(), std::move(job)));
}

template <typename T>
Napi::Value RunPolled(Napi::Env env, Poller& poller, std::string key, std::shared_ptr<PolledCall<T>> call,
                      Napi::Value (*convert)(Napi::Env, T&)) {
  const auto pending = Environment::Of(env).Expect(env);
  auto job = std::make_unique<PromiseJob<T>>(pending, [call] { return call->TakeAnswer(); }, convert);
  return Promised(env, pending, poller.Submit(pending->ticket(), std::move(key), call, std::move(job)));
}

}  // namespace brickwork
