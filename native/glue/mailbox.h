#pragma once

#include <napi.h>

#include <condition_variable>
#include <memory>
#include <mutex>

#include "core/job.h"

namespace brickwork {

// An item for JavaScript's thread: a job that has run, or events. The pool calls Run().
class Delivery : public Job {
 public:
  void Run() noexcept override {}
  virtual void Deliver(Napi::Env env) = 0;
};

// Passes deliveries from any thread to JavaScript's thread, by one threadsafe function.
//
// The native threads have no descriptors, so they cannot wake libuv. A messenger does it: a thread that shares the process's table and
// waits only for this box. Once the box is closed nothing uses the threadsafe function any more, even if threads still run.
class Mailbox : public std::enable_shared_from_this<Mailbox> {
 public:
  // Calls `deliver` on JavaScript's thread when the box has deliveries. Returns 0, or the errno of the messenger's start.
  int Open(Napi::Env env, napi_threadsafe_function_call_js deliver, void* context);
  void Close();

  void Post(std::unique_ptr<Job> delivery) noexcept;
  JobQueue TakeAll();

  // Whether pending calls keep the process alive. JavaScript's thread only.
  void KeepAlive(Napi::Env env, bool alive);

 private:
  void CarryMessages();

  std::mutex mutex_;
  std::condition_variable changed_;
  JobQueue waiting_;
  napi_threadsafe_function function_ = nullptr;
  bool signalled_ = false;
};

}  // namespace brickwork
