#pragma once

#include <napi.h>

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
  bool settled_ = false;
};

}  // namespace brickwork
