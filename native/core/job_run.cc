#include "core/job_run.h"

#include <utility>

#include "core/lock_file.h"

namespace brickwork {

size_t JobRun::at() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  return answers_.size();
}

bool JobRun::over() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  return OverLocked();
}

const Bytes* JobRun::TreeOf(size_t step) const {
  const std::lock_guard<std::mutex> guard(mutex_);
  return step < answers_.size() ? std::get_if<Bytes>(&answers_[step]) : nullptr;
}

std::optional<int> JobRun::UnlessOver(const std::function<int()>& act) {
  const std::lock_guard<std::mutex> guard(mutex_);
  if (OverLocked()) return std::nullopt;
  return act();
}

bool JobRun::BeginStep() {
  const std::lock_guard<std::mutex> guard(mutex_);
  if (!OverLocked()) begun_ = true;
  return !OverLocked();
}

void JobRun::AnswerLocked(StepAnswer&& answer, bool goesOn) {
  if (OverLocked()) return;
  answers_.push_back(std::move(answer));
  begun_ = !goesOn;
  stopped_ = ended_ = !goesOn;
}

void JobRun::Answer(StepAnswer&& answer, bool goesOn) {
  const std::lock_guard<std::mutex> guard(mutex_);
  AnswerLocked(std::move(answer), goesOn);
}

void JobRun::Fail(SysError error) {
  const std::lock_guard<std::mutex> guard(mutex_);
  if (OverLocked()) return;
  error_ = std::move(error);
  begun_ = stopped_ = true;
}

void JobRun::Lock(const FlockStep& step) {
  const std::lock_guard<std::mutex> guard(mutex_);
  if (OverLocked()) return;
  locks_.reserve(locks_.size() + 1);
  const auto fail = [&](SysError error) {
    error_ = std::move(error);
    begun_ = stopped_ = true;
  };
  auto opened = OpenLockFile(sys_, step.path);
  if (!opened.ok() && opened.error().err == ENOENT) {
    // The first lock below this directory.
    (void)sys_.Mkdir(step.path.substr(0, step.path.rfind('/')).c_str(), 0700);
    opened = OpenLockFile(sys_, step.path);
  }
  if (!opened.ok()) return fail(opened.error());
  const auto taken = TryLock(sys_, opened.value());
  if (!taken.ok() || !taken.value()) {
    sys_.Close(opened.value());
    if (!taken.ok()) return fail(SysError{taken.error().err, taken.error().syscall, step.path});
    return AnswerLocked(false, false);
  }
  locks_.push_back(opened.value());
  if (step.note) NoteHolder(sys_, opened.value(), *step.note);
  AnswerLocked(true, true);
}

void JobRun::Stop() {
  const std::lock_guard<std::mutex> guard(mutex_);
  stopped_ = true;
}

void JobRun::Unlock() {
  const std::lock_guard<std::mutex> guard(mutex_);
  for (const int fd : locks_) sys_.Close(fd);
  locks_.clear();
}

JobReport JobRun::report() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  JobReport report{answers_, std::nullopt, begun_, error_};
  if (stopped_ && (ended_ || answers_.size() < steps_.size())) report.stoppedAt = answers_.size() - (ended_ ? 1 : 0);
  return report;
}

}  // namespace brickwork
