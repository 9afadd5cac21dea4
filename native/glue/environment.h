#pragma once

#include <napi.h>

#include <map>
#include <memory>
#include <set>
#include <unordered_map>

#include "core/conductor.h"
#include "core/poller.h"
#include "core/thread_pool.h"
#include "core/uevent_listener.h"
#include "core/uevent_watchers.h"
#include "glue/mailbox.h"
#include "glue/pending.h"

namespace brickwork {

// All state of one load of the addon in one JavaScript thread. There is no other state.
class Environment {
 public:
  explicit Environment(Napi::Env env);
  ~Environment();
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  static Environment& Of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }

  const Syscalls& sys() const { return sys_; }
  const std::shared_ptr<Mailbox>& mailbox() const { return mailbox_; }
  // Jobs of the pool and of the pollers must be Deliveries, unless they pass their result on themselves.
  ThreadPool& pool() const { return *pool_; }
  Poller& sockets() const { return *sockets_; }
  Poller& devices() const { return *devices_; }
  Conductor& conductor() const { return *conductor_; }
  const std::shared_ptr<UeventWatchers>& uevents() const { return uevents_; }

  std::shared_ptr<Pending> Expect(Napi::Env env) { return std::make_shared<Pending>(env, nextTicket_++); }
  // A promise now waits for a delivery; the process stays alive until it is settled.
  void Begin(Napi::Env env, const std::shared_ptr<Pending>& pending);
  // Whether the promise still waits for this answer.
  bool Settles(Napi::Env env, const Pending& pending);
  // No caller waits for it any more: rejects with ECANCELED; a list of steps answers how far it came. Its place is free as soon as the kernel allows. Does nothing if it is settled.
  void Abandon(Napi::Env env, uint64_t ticket);

  // The same for a promise without a Pending.
  void Begin(Napi::Env env);
  void End(Napi::Env env);

  struct Listener {
    Napi::FunctionReference onBatch;
    std::unique_ptr<UeventListener> thread;
  };
  std::map<uint32_t, Listener> listeners;
  uint32_t nextListener = 1;

  // Descriptors that lockOpen() returned. Only these may be locked and closed, and they are closed with the environment.
  std::set<int> locks;

 private:
  static void DeliverAll(napi_env env, napi_value, void* context, void*);
  static void TearDown(void* self);
  void Stop();

  const Syscalls& sys_;
  const std::shared_ptr<Mailbox> mailbox_;
  std::shared_ptr<ThreadPool> pool_;
  std::shared_ptr<Poller> sockets_;
  std::shared_ptr<Poller> devices_;
  const std::shared_ptr<UeventWatchers> uevents_ = std::make_shared<UeventWatchers>();
  std::shared_ptr<Conductor> conductor_;
  std::unordered_map<uint64_t, std::shared_ptr<Pending>> calls_;
  uint64_t nextTicket_ = 1;
  size_t pending_ = 0;
};

}  // namespace brickwork
