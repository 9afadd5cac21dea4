#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "core/job_steps.h"

namespace brickwork {

// How far a job came.
struct JobReport {
  std::vector<StepAnswer> answers;   // of its first steps, in order
  std::optional<size_t> stoppedAt;   // the step that failed, whose answer ended the job, or that was next when the job was stopped
  bool begun;                        // whether that step has begun
  std::optional<SysError> error;     // why it failed
};

// A list of steps under way. Any thread may use it; one thread at a time carries out a step.
class JobRun {
 public:
  JobRun(const Syscalls& sys, std::vector<JobStep> steps) : sys_(sys), steps_(std::move(steps)) {
    // Answers stay where they are: steps refer to earlier ones.
    answers_.reserve(steps_.size());
  }

  const std::vector<JobStep>& steps() const { return steps_; }
  // The present step: the number of those that are done.
  size_t at() const;
  // Every step is done, or the job has stopped: nothing may begin any more.
  bool over() const;
  // The tree that an earlier step answered.
  const Bytes* TreeOf(size_t step) const;

  // Calls `act` and returns its errno; nothing if the job is over. Once Stop() has returned, it is not called any more.
  std::optional<int> UnlessOver(const std::function<int()>& act);
  // The present step begins now. Returns false if the job is over: then it must not begin.
  bool BeginStep();
  // Only for the present step, on the thread that carries it out. After Stop() they change nothing.
  void Answer(StepAnswer&& answer, bool goesOn);
  void Fail(SysError error);
  // Takes the lock for the rest of the job. Only on a thread with the process's descriptors.
  void Lock(const FlockStep& step);

  // Nobody waits for the job any more. A step that has begun ends by itself.
  void Stop();
  // Releases the locks. Only on a thread with the process's descriptors.
  void Unlock();
  JobReport report() const;

 private:
  void AnswerLocked(StepAnswer&& answer, bool goesOn);
  bool OverLocked() const { return stopped_ || answers_.size() == steps_.size(); }

  const Syscalls& sys_;
  const std::vector<JobStep> steps_;
  mutable std::mutex mutex_;
  std::vector<StepAnswer> answers_;
  std::vector<int> locks_;
  std::optional<SysError> error_;
  bool begun_ = false;
  bool stopped_ = false;
  bool ended_ = false;  // by an answer of the last step in answers_
};

}  // namespace brickwork
