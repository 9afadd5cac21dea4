#include "glue/mailbox.h"

#include <utility>

#include "core/native_thread.h"

namespace brickwork {

int Mailbox::Open(Napi::Env env, napi_threadsafe_function_call_js deliver, void* context) {
  const auto name = Napi::String::New(env, "brickwork");
  if (napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, context, deliver, &function_) != napi_ok) {
    throw Napi::Error::New(env);
  }
  KeepAlive(env, false);
  return StartThread([self = shared_from_this()] { self->CarryMessages(); });
}

void Mailbox::Close() {
  JobQueue dropped;
  const std::lock_guard<std::mutex> guard(mutex_);
  function_ = nullptr;
  std::swap(dropped, waiting_);
  changed_.notify_all();
}

void Mailbox::Post(std::unique_ptr<Job> delivery) noexcept {
  const std::lock_guard<std::mutex> guard(mutex_);
  // The box is closed: the delivery is dropped.
  if (function_ == nullptr) return;
  waiting_.Push(std::move(delivery));
  if (!signalled_) changed_.notify_all();
}

JobQueue Mailbox::TakeAll() {
  JobQueue taken;
  const std::lock_guard<std::mutex> guard(mutex_);
  std::swap(taken, waiting_);
  signalled_ = false;
  return taken;
}

void Mailbox::KeepAlive(Napi::Env env, bool alive) {
  if (function_ == nullptr) return;
  (void)(alive ? napi_ref_threadsafe_function(env, function_) : napi_unref_threadsafe_function(env, function_));
}

void Mailbox::CarryMessages() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return function_ == nullptr || (!waiting_.empty() && !signalled_); });
    if (function_ == nullptr) return;
    // Under the lock, so that the function is not closed during the call. The call only queues and wakes.
    signalled_ = napi_call_threadsafe_function(function_, nullptr, napi_tsfn_nonblocking) == napi_ok;
    if (!signalled_) return;
  }
}

}  // namespace brickwork
