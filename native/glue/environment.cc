#include "glue/environment.h"

#include "core/real_syscalls.h"
#include "glue/js_error.h"

namespace brickwork {
namespace {

// Descriptors of one thread: far above the number of portals, daemons and devices in use at once, far below the limit of a process.
constexpr size_t kPolledLimit = 1024;

}  // namespace

Environment::Environment(Napi::Env env) : sys_(RealSyscalls()), mailbox_(std::make_shared<Mailbox>()) {
  const auto post = [mailbox = mailbox_](std::unique_ptr<Job> job) {
    if (!job->HandsOver()) mailbox->Post(std::move(job));
  };
  pool_ = std::make_shared<ThreadPool>(sys_, PoolLimits{}, post);
  sockets_ = std::make_shared<Poller>(sys_, FirstStep::kAtOnce, kPolledLimit, post);
  devices_ = std::make_shared<Poller>(sys_, FirstStep::kOnThread, kPolledLimit, post);
  conductor_ = std::make_shared<Conductor>(Conductor::Parts{sys_, pool_, sockets_, uevents_}, post);
  const int err = mailbox_->Open(env, DeliverAll, this);
  // Registered after the threadsafe function was created, so that this hook runs before its teardown.
  napi_add_env_cleanup_hook(env, TearDown, this);
  if (err != 0) {
    napi_remove_env_cleanup_hook(env, TearDown, this);
    Stop();
    throw ToJsError(env, SysError{err, "pthread_create", {}});
  }
}

Environment::~Environment() { Stop(); }

void Environment::TearDown(void* self) { static_cast<Environment*>(self)->Stop(); }

// Waits for no thread. A thread that is stuck in the kernel keeps alive what it uses, and its late result is dropped.
void Environment::Stop() {
  mailbox_->Close();
  conductor_->Shutdown();
  pool_->Shutdown();
  sockets_->Shutdown();
  devices_->Shutdown();
  listeners.clear();
  for (const int fd : locks) sys_.Close(fd);
  locks.clear();
}

void Environment::Begin(Napi::Env env, const std::shared_ptr<Pending>& pending) {
  calls_.emplace(pending->ticket(), pending);
  Begin(env);
}

bool Environment::Settles(Napi::Env env, const Pending& pending) {
  if (pending.settled()) return false;
  calls_.erase(pending.ticket());
  End(env);
  return true;
}

void Environment::Abandon(Napi::Env env, uint64_t ticket) {
  const auto found = calls_.find(ticket);
  if (found == calls_.end()) return;
  const auto pending = std::move(found->second);
  calls_.erase(found);
  pool_->Abandon(ticket);
  sockets_->Abandon(ticket);
  devices_->Abandon(ticket);
  conductor_->Abandon(ticket);
  pending->Abandon(env);
  End(env);
}

void Environment::Begin(Napi::Env env) {
  if (pending_++ == 0) mailbox_->KeepAlive(env, true);
}

void Environment::End(Napi::Env env) {
  if (--pending_ == 0) mailbox_->KeepAlive(env, false);
}

void Environment::DeliverAll(napi_env rawEnv, napi_value, void* context, void*) {
  // Without an environment the addon is being torn down, and the context may be gone.
  if (rawEnv == nullptr) return;
  const Napi::Env env(rawEnv);
  auto& self = *static_cast<Environment*>(context);
  for (JobQueue deliveries = self.mailbox_->TakeAll(); const auto delivery = deliveries.Pop();) {
    const Napi::HandleScope scope(env);
    try {
      static_cast<Delivery&>(*delivery).Deliver(env);
    } catch (const Napi::Error& error) {
      napi_fatal_exception(env, error.Value());
    } catch (const std::exception& error) {
      napi_fatal_exception(env, Napi::Error::New(env, error.what()).Value());
    }
  }
}

}  // namespace brickwork
