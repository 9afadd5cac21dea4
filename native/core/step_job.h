#pragma once

#include <functional>
#include <memory>

#include "core/job.h"
#include "core/job_run.h"

namespace brickwork {

// Why the thread that carried out steps gives the job back.
enum class StepsEnd : uint8_t {
  kDone,   // the group of steps is done, or the job is over
  kAwait,  // the tree of the present step does not show what the step awaits
  kAgain,  // another process has the lock of the present step
};

// Carries out the steps of a job from the present one, as long as they belong to the group. `isLast`: the present step must answer now,
// even if what it awaits has not come.
StepsEnd CarryOutSteps(const Syscalls& sys, JobRun& run, UeventWatchers::Watch* watch, size_t end, bool isLast) noexcept;

// The job of a pool or a poller for one part of a list: nobody but `ended` waits for it.
class StepJob final : public Job {
 public:
  using Work = std::function<StepsEnd()>;
  using Ended = std::function<void(StepsEnd)>;
  StepJob(Work work, Ended ended) : work_(std::move(work)), ended_(std::move(ended)) {}
  void Run() noexcept override { end_ = work_(); }
  bool HandsOver() noexcept override {
    ended_(end_);
    return true;
  }

 private:
  const Work work_;
  const Ended ended_;
  StepsEnd end_ = StepsEnd::kDone;
};

}  // namespace brickwork
