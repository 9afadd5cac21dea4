#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "core/job.h"
#include "core/job_run.h"
#include "core/poller.h"
#include "core/step_job.h"
#include "core/thread_pool.h"
#include "core/uevent_watchers.h"

namespace brickwork {

// Carries out lists of steps: passes each step to the thread that its kind of work belongs to, and waits for its end on a thread of its own.
// So a list that waits for a daemon or for a uevent occupies no thread of the pool.
//
// The conductor's thread shares the descriptor table of the process: it takes the locks, and it may wake the poller. It makes no call that
// waits in the kernel, so that it keeps no lock of a process that is killed.
class Conductor : public std::enable_shared_from_this<Conductor> {
 public:
  using Finish = std::function<void(std::unique_ptr<Job>)>;
  struct Parts {
    const Syscalls& sys;
    std::shared_ptr<ThreadPool> pool;
    std::shared_ptr<Poller> sockets;
    std::shared_ptr<UeventWatchers> uevents;
  };

  // `finish` gets the job of each list that is over, after the job has run.
  Conductor(Parts parts, Finish finish) : parts_(std::move(parts)), finish_(std::move(finish)) {}

  // `id` names the list for Abandon, and its steps in the pool and the poller: no other call of theirs has it. Returns 0, or the errno of the
  // conductor's own start.
  int Submit(uint64_t id, std::shared_ptr<JobRun> run, std::unique_ptr<Job> job);
  // No caller waits for this list any more: nothing of it begins from now on. Releases its locks and drops its job.
  void Abandon(uint64_t id);
  void Shutdown();

 private:
  struct Call;
  using CallPtr = std::shared_ptr<Call>;

  void RunThread();
  CallPtr Next(std::unique_lock<std::mutex>& lock);
  void Ready(const CallPtr& call, std::optional<StepsEnd> ended);
  void Proceed(const CallPtr& call);
  // Gives the present step to a thread, or lets it wait. Returns false if the step has ended, or the job is over.
  bool Dispatch(const CallPtr& call);
  int SubmitSocket(const CallPtr& call, const JobStep& step);
  int SubmitGroup(const CallPtr& call, const StepGroup& group, bool isLast);
  StepJob::Ended GivesBack(const CallPtr& call);
  void End(const CallPtr& call);
  void Leave(Call& call) const;
  bool Start();

  const Parts parts_;
  const Finish finish_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::unordered_map<uint64_t, CallPtr> calls_;
  std::deque<CallPtr> ready_;
  std::vector<CallPtr> waiting_;  // for a uevent or their time; only the conductor's thread uses it
  bool started_ = false;
  bool closed_ = false;
};

}  // namespace brickwork
