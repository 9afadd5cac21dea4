#pragma once

#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/job.h"
#include "core/polled.h"
#include "core/syscalls.h"
#include "core/unique_fd.h"

namespace brickwork {

// Where the first step of a call runs. kOnThread: it may wait in the kernel, so it has its own thread, which shares the poller's
// descriptors. Only one runs at a time for each key.
enum class FirstStep : uint8_t { kAtOnce, kOnThread };

struct PollerStats {
  size_t threads;
  size_t limit;
  size_t open;    // begun and not ended
  size_t queued;  // not begun
  size_t waited;  // calls since the start that found no free place
};

// Runs many calls that wait for descriptors, in one thread. An abandoned call is closed at once and its place is free, unless the kernel
// still holds its first step.
class Poller : public std::enable_shared_from_this<Poller> {
 public:
  using Finish = std::function<void(std::unique_ptr<Job>)>;

  // `finish` gets the job of each call that has its answer, after the job has run. It runs on a thread that must not call Node.
  Poller(const Syscalls& sys, FirstStep firstStep, size_t limit, Finish finish);

  // `id` names the call for Abandon; 0: no name. Returns 0, or the errno of the poller's own start.
  int Submit(uint64_t id, std::string key, std::shared_ptr<Polled> polled, std::unique_ptr<Job> job);
  // No caller waits for this call any more: drops its job.
  void Abandon(uint64_t id);
  void Shutdown();
  PollerStats stats() const;

 private:
  struct Call;
  using CallPtr = std::shared_ptr<Call>;

  int Open();
  void Wake() const;
  void RunThread();
  // Takes calls that other threads have submitted or abandoned. Returns false at the end.
  bool Collect(std::vector<CallPtr>& waiting);
  bool MayBegin(const Call& call) const;
  void Begin(std::vector<CallPtr>& waiting, CallPtr call);
  void BeginOnThread(const CallPtr& call);
  void AwaitAny(std::vector<CallPtr>& waiting);
  bool Step(Call& call, bool ready);
  void Ended(Call& call);

  const Syscalls& sys_;
  const FirstStep firstStep_;
  const size_t limit_;
  const Finish finish_;

  mutable std::mutex mutex_;
  std::list<CallPtr> queued_;
  std::vector<CallPtr> begun_;  // calls whose first step has returned from its own thread
  std::set<std::string> beginning_;
  std::unordered_map<uint64_t, CallPtr> named_;
  size_t open_ = 0;
  size_t starters_ = 0;
  size_t waited_ = 0;
  bool closed_ = false;
  UniqueFd wake_;         // in the descriptor table of the submitting threads
  int wakeNumber_ = -1;  // the same in both tables
};

}  // namespace brickwork
