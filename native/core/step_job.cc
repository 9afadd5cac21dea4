#include "core/step_job.h"

#include <algorithm>
#include <utility>

#include "core/changed_files.h"
#include "core/read_files.h"
#include "core/replace_file.h"
#include "core/tree_reader.h"

namespace brickwork {
namespace {

// Carries out one step.
class StepVisitor {
 public:
  StepVisitor(const Syscalls& sys, JobRun& run, UeventWatchers::Watch* watch, bool isLast)
      : sys_(sys), run_(run), watch_(watch), isLast_(isLast) {}

  StepsEnd operator()(const ReplaceStep& step) const {
    const auto replaced = ReplaceFile(sys_, step.path, step.temporary, step.data, step.mode, Keep::kInMemory);
    if (!replaced.ok()) return Failed(replaced.error());
    return Answered(std::monostate{}, true);
  }
  StepsEnd operator()(const RecordStep& step) const {
    const auto changed = ChangeRecord(sys_, step.change);
    if (!changed.ok()) return Failed(changed.error());
    if (!changed.value() && !isLast_) return StepsEnd::kAgain;
    return Answered(changed.value(), changed.value());
  }
  StepsEnd operator()(const WriteStep& step) const {
    auto written = WriteGuarded(sys_, step.request);
    if (!written.ok()) return Failed(written.error());
    const bool goesOn = written.value().kind == WriteOutcome::kWritten;
    return Answered(std::move(written.value()), goesOn);
  }
  StepsEnd operator()(const TreeStep& step) const { return Read(ReadTree(sys_, step.root, step.plan)); }
  StepsEnd operator()(const AwaitTreeStep& step) const {
    // Events that came before the read begins need no further one.
    if (watch_ != nullptr) watch_->seen = false;
    auto read = ReadTree(sys_, step.tree.root, step.tree.plan);
    if (!read.ok()) return Failed(read.error());
    const bool holds = std::any_of(step.until.begin(), step.until.end(), [&](const TreeExpectation& expectation) {
      return Holds(expectation, read.value(), step.tree.plan);
    });
    if (!holds && !isLast_) return StepsEnd::kAwait;
    return Answered(std::move(read.value()), holds);
  }
  StepsEnd operator()(const ChangedStep& step) const { return Read(ReadChangedFiles(sys_, step.directory, step.suffix, step.state)); }
  StepsEnd operator()(const FilesStep& step) const { return Read(ReadFiles(sys_, step.paths)); }
  StepsEnd operator()(const CheckStep& step) const {
    const Bytes* const tree = run_.TreeOf(step.step);
    const JobStep& read = run_.steps()[step.step];
    const TreePlan* plan = nullptr;
    if (const auto* const plain = std::get_if<TreeStep>(&read)) plan = &plain->plan;
    if (const auto* const awaited = std::get_if<AwaitTreeStep>(&read)) plan = &awaited->tree.plan;
    if (tree == nullptr || plan == nullptr) return Failed(SysError{EINVAL, "check", {}});
    const bool holds = Holds(step.expectation, *tree, *plan);
    return Answered(holds, holds);
  }
  // Never in a group.
  StepsEnd operator()(const ConnectStep&) const { return Failed(SysError{EINVAL, "connect", {}}); }
  StepsEnd operator()(const FlockStep&) const { return Failed(SysError{EINVAL, "flock", {}}); }
  StepsEnd operator()(const ExchangeStep&) const { return Failed(SysError{EINVAL, "exchange", {}}); }

 private:
  StepsEnd Answered(StepAnswer&& answer, bool goesOn) const {
    run_.Answer(std::move(answer), goesOn);
    return StepsEnd::kDone;
  }
  StepsEnd Failed(const SysError& error) const {
    run_.Fail(error);
    return StepsEnd::kDone;
  }
  StepsEnd Read(Result<Bytes> read) const {
    if (!read.ok()) return Failed(read.error());
    return Answered(std::move(read.value()), true);
  }

  const Syscalls& sys_;
  JobRun& run_;
  UeventWatchers::Watch* const watch_;
  const bool isLast_;
};

}  // namespace

StepsEnd CarryOutSteps(const Syscalls& sys, JobRun& run, UeventWatchers::Watch* watch, size_t end, bool isLast) noexcept {
  try {
    const size_t first = run.at();
    for (size_t at = first; at < end; at = run.at()) {
      if (!run.BeginStep()) return StepsEnd::kDone;
      const StepsEnd done = std::visit(StepVisitor(sys, run, watch, isLast && at == first), run.steps()[at]);
      if (done != StepsEnd::kDone) return done;
    }
  } catch (...) {
    run.Fail(SysError{ENOMEM, "allocate", {}});
  }
  return StepsEnd::kDone;
}

}  // namespace brickwork
