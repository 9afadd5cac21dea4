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

// Where the first step of a call is made. kOnThread: it may wait in the kernel, so it has a thread of its own, which shares the poller's
// descriptors; one at a time for each key.
enum class FirstStep : uint8_t { kAtOnce, kOnThread };

struct PollerStats {
  size_t threads;
  size_t limit;
  size_t open;    // begun and not ended
  size_t queued;  // not begun
  size_t waited;  // of all that ever came, those that found no place
};

// Many calls that wait for descriptors, in one thread. A call that nobody waits for any more is closed at once and its place is free, unless
// the kernel still keeps its first step.
class Poller : public std::enable_shared_from_this<Poller> {
 public:
  using Finish = std::function<void(std::unique_ptr<Job>)>;

  // `finish` gets the job of each call that has its answer, after it has run, on a thread that must not call Node.
  Poller(const Syscalls& sys, FirstStep firstStep, size_t limit, Finish finish);

  // `id` names the call for Abandon; 0: it has no name. 0, or the errno of the poller's own start.
  int Submit(uint64_t id, std::string key, std::shared_ptr<Polled> polled, std::unique_ptr<Job> job);
  // Nobody waits for this call: its job is dropped.
  void Abandon(uint64_t id);
  void Shutdown();
  PollerStats stats() const;

 private:
  struct Call;
  using CallPtr = std::shared_ptr<Call>;

  int Open();
  void Wake() const;
  void RunThread();
  // Takes in what others have left for this thread; false at the end.
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
  std::vector<CallPtr> begun_;  // on threads of their own: back from there
  std::set<std::string> beginning_;
  std::unordered_map<uint64_t, CallPtr> named_;
  size_t open_ = 0;
  size_t starters_ = 0;
  size_t waited_ = 0;
  bool closed_ = false;
  UniqueFd wake_;         // of the table of who submits
  int wakeNumber_ = -1;  // the same in both tables
};

}  // namespace brickwork
