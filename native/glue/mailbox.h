#pragma once

#include <napi.h>

#include <condition_variable>
#include <memory>
#include <mutex>

#include "core/job.h"

namespace brickwork {

// Something for JavaScript's thread: a job that has run, or events. Run() is for the pool.
class Delivery : public Job {
 public:
  void Run() noexcept override {}
  virtual void Deliver(Napi::Env env) = 0;
};

// Takes deliveries from any thread to JavaScript's, by one threadsafe function.
//
// Our threads have no descriptors, so they cannot wake libuv. A messenger does: a thread that shares the process's table and never waits
// for anything but this box. Once the box is closed nobody touches the threadsafe function any more, whatever still runs.
class Mailbox : public std::enable_shared_from_this<Mailbox> {
 public:
  // `deliver` is called on JavaScript's thread when the box has something. 0, or the errno of the messenger's start.
  int Open(Napi::Env env, napi_threadsafe_function_call_js deliver, void* context);
  void Close();

  void Post(std::unique_ptr<Job> delivery) noexcept;
  JobQueue TakeAll();

  // Whether the process stays alive for what is under way. JavaScript's thread only.
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
