#pragma once

#include <napi.h>

#include <map>
#include <memory>
#include <set>

#include "core/thread_pool.h"
#include "core/uevent_listener.h"
#include "glue/mailbox.h"

namespace brickwork {

// All that one loading of the addon in one thread of JavaScript has; there is no other state.
class Environment {
 public:
  explicit Environment(Napi::Env env);
  ~Environment();
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  static Environment& Of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }

  const Syscalls& sys() const { return sys_; }
  const std::shared_ptr<Mailbox>& mailbox() const { return mailbox_; }
  PoolStats stats() const { return pool_->stats(); }

  // Runs `job` (which must be a Delivery) on a thread of ours and delivers it; the process lives until then.
  int Submit(Lane lane, std::string key, std::unique_ptr<Delivery> job);

  // A delivery that a promise waits for is on its way.
  void Begin(Napi::Env env);
  void End(Napi::Env env);

  struct Listener {
    Napi::FunctionReference onBatch;
    std::unique_ptr<UeventListener> thread;
  };
  std::map<uint32_t, Listener> listeners;
  uint32_t nextListener = 1;

  // Descriptors that lockOpen() gave out: only these may be locked and closed, and they go with the environment.
  std::set<int> locks;

 private:
  static void DeliverAll(napi_env env, napi_value, void* context, void*);
  static void TearDown(void* self);
  void Stop();

  const Syscalls& sys_;
  const std::shared_ptr<Mailbox> mailbox_;
  std::shared_ptr<ThreadPool> pool_;
  size_t pending_ = 0;
};

}  // namespace brickwork
