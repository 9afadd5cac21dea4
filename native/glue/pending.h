#pragma once

#include <napi.h>

#include <functional>
#include <utility>

#include "core/sys_error.h"
#include "glue/js_error.h"

namespace brickwork {

// The promise of a call. It is settled once: by its answer, or when the call is abandoned. Only JavaScript's thread settles it; any thread
// may destroy it.
class Pending {
 public:
  Pending(Napi::Env env, uint64_t ticket) : ticket_(ticket), deferred_(env) {}

  uint64_t ticket() const { return ticket_; }
  bool settled() const { return settled_; }
  // What an abandoned call answers. Without it such a call rejects with ECANCELED.
  void AnswerAbandoned(std::function<Napi::Value(Napi::Env)> answer) { abandoned_ = std::move(answer); }
  void Abandon(Napi::Env env) {
    if (abandoned_) return Resolve(abandoned_(env));
    Reject(ToJsError(env, SysError{ECANCELED, "abandon", {}}).Value());
  }
  Napi::Promise promise() const { return deferred_.Promise(); }
  void Resolve(Napi::Value value) {
    settled_ = true;
    deferred_.Resolve(value);
  }
  void Reject(Napi::Value reason) {
    settled_ = true;
    deferred_.Reject(reason);
  }

 private:
  const uint64_t ticket_;
  Napi::Promise::Deferred deferred_;
  std::function<Napi::Value(Napi::Env)> abandoned_;
  bool settled_ = false;
};

}  // namespace brickwork
