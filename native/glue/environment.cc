#include "glue/environment.h"

#include "core/real_syscalls.h"
#include "glue/js_error.h"

namespace brickwork {

Environment::Environment(Napi::Env env) : sys_(RealSyscalls()), mailbox_(std::make_shared<Mailbox>()) {
  pool_ =
      std::make_shared<ThreadPool>(sys_, PoolLimits{}, [mailbox = mailbox_](std::unique_ptr<Job> job) { mailbox->Post(std::move(job)); });
  const int err = mailbox_->Open(env, DeliverAll, this);
  // After the threadsafe function was made, so that this runs before it is torn down.
  napi_add_env_cleanup_hook(env, TearDown, this);
  if (err != 0) {
    napi_remove_env_cleanup_hook(env, TearDown, this);
    Stop();
    throw ToJsError(env, SysError{err, "pthread_create", {}});
  }
}

Environment::~Environment() { Stop(); }

void Environment::TearDown(void* self) { static_cast<Environment*>(self)->Stop(); }

// Waits for nobody: a thread that is stuck in the kernel keeps alive what it uses, and what it finds in the end is dropped.
void Environment::Stop() {
  mailbox_->Close();
  pool_->Shutdown();
  listeners.clear();
  for (const int fd : locks) sys_.Close(fd);
  locks.clear();
}

int Environment::Submit(Lane lane, std::string key, std::unique_ptr<Delivery> job) {
  return pool_->Submit(lane, std::move(key), std::move(job));
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
