#include "core/poller.h"

#include <sys/eventfd.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "core/latch.h"
#include "core/native_thread.h"
#include "core/private_descriptors.h"

namespace brickwork {
namespace {

// The pause after a poll that failed for lack of memory.
constexpr int64_t kFailingPauseMs = 10;

}  // namespace

struct Poller::Call {
  const uint64_t id;
  const std::string key;
  const std::shared_ptr<Polled> polled;
  std::unique_ptr<Job> job;
  Polled::Wait wait{-1, 0, 0};
  bool abandoned = false;  // guarded by the poller's mutex
};

Poller::Poller(const Syscalls& sys, FirstStep firstStep, size_t limit, Finish finish)
    : sys_(sys), firstStep_(firstStep), limit_(limit), finish_(std::move(finish)), wake_(sys, -1) {}

int Poller::Submit(uint64_t id, std::string key, std::shared_ptr<Polled> polled, std::unique_ptr<Job> job) {
  const std::lock_guard<std::mutex> guard(mutex_);
  if (closed_) return ECANCELED;
  const int err = Open();
  if (err != 0) return err;
  if (open_ + queued_.size() >= limit_) ++waited_;
  auto call = std::make_shared<Call>(Call{id, std::move(key), std::move(polled), std::move(job)});
  if (id != 0) named_.emplace(id, call);
  queued_.push_back(std::move(call));
  Wake();
  return 0;
}

// Starts the thread at the first call.
int Poller::Open() {
  if (wake_) return 0;
  UniqueFd wake(sys_, sys_.Eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake) return errno;
  wakeNumber_ = wake.get();
  const auto latch = std::make_shared<Latch>();
  const int err = StartThread([self = shared_from_this(), latch, fd = wake.get()] {
    // If this fails, the thread works with the shared table, as the pool's threads do.
    (void)TakePrivateDescriptors(self->sys_, fd);
    latch->Open();
    self->RunThread();
  });
  if (err != 0) return err;
  latch->Wait();
  wake_ = std::move(wake);
  return 0;
}

void Poller::Wake() const {
  const uint64_t one = 1;
  (void)sys_.Write(wakeNumber_, &one, sizeof one);
}

void Poller::Abandon(uint64_t id) {
  CallPtr dropped;  // destroyed after the lock is free: a job may own anything
  const std::lock_guard<std::mutex> guard(mutex_);
  const auto named = named_.find(id);
  if (closed_ || named == named_.end()) return;
  dropped = std::move(named->second);
  named_.erase(named);
  dropped->abandoned = true;
  queued_.remove(dropped);
  Wake();
}

void Poller::Shutdown() {
  std::list<CallPtr> dropped;
  const std::lock_guard<std::mutex> guard(mutex_);
  if (closed_) return;
  closed_ = true;
  std::swap(dropped, queued_);
  named_.clear();
  if (!wake_) return;
  Wake();
  wake_.Reset();
}

PollerStats Poller::stats() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  return {(wake_ ? 1U : 0U) + starters_, limit_, open_, queued_.size(), waited_};
}

void Poller::RunThread() {
  std::vector<CallPtr> waiting;
  while (Collect(waiting)) AwaitAny(waiting);
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    std::move(begun_.begin(), begun_.end(), std::back_inserter(waiting));
    begun_.clear();
  }
  for (const CallPtr& call : waiting) call->polled->Close();
}

bool Poller::MayBegin(const Call& call) const { return firstStep_ == FirstStep::kAtOnce || beginning_.count(call.key) == 0; }

bool Poller::Collect(std::vector<CallPtr>& waiting) {
  std::vector<CallPtr> left;
  std::vector<CallPtr> next;
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    if (closed_) return false;
    uint64_t wakes = 0;
    (void)sys_.Read(wakeNumber_, &wakes, sizeof wakes);
    std::move(begun_.begin(), begun_.end(), std::back_inserter(waiting));
    begun_.clear();
    const auto kept = std::stable_partition(waiting.begin(), waiting.end(), [](const CallPtr& call) { return !call->abandoned; });
    std::move(kept, waiting.end(), std::back_inserter(left));
    waiting.erase(kept, waiting.end());
    open_ -= left.size();
    for (auto call = queued_.begin(); call != queued_.end() && open_ < limit_;) {
      if (!MayBegin(**call)) {
        ++call;
        continue;
      }
      ++open_;
      if (firstStep_ == FirstStep::kOnThread) beginning_.insert((*call)->key);
      next.push_back(std::move(*call));
      call = queued_.erase(call);
    }
  }
  for (const CallPtr& call : left) call->polled->Close();
  for (CallPtr& call : next) Begin(waiting, std::move(call));
  return true;
}

void Poller::Begin(std::vector<CallPtr>& waiting, CallPtr call) {
  if (firstStep_ == FirstStep::kOnThread) {
    BeginOnThread(call);
  } else if (Step(*call, true)) {
    waiting.push_back(std::move(call));
  }
}

// The poller's thread starts it, so it shares that thread's descriptors.
void Poller::BeginOnThread(const CallPtr& call) {
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    ++starters_;
  }
  const auto back = [self = shared_from_this(), call](bool goesOn) {
    const std::lock_guard<std::mutex> guard(self->mutex_);
    --self->starters_;
    self->beginning_.erase(call->key);
    if (goesOn && self->closed_) call->polled->Close();
    if (self->closed_) return;
    if (goesOn) self->begun_.push_back(call);
    self->Wake();
  };
  const int err = StartThread([self = shared_from_this(), call, back] { back(self->Step(*call, true)); });
  if (err == 0) return;
  call->polled->Fail(SysError{err, "pthread_create", {}});
  Ended(*call);
  back(false);
}

void Poller::AwaitAny(std::vector<CallPtr>& waiting) {
  std::vector<pollfd> fds{{wakeNumber_, POLLIN, 0}};
  int64_t until = std::numeric_limits<int64_t>::max();
  for (const CallPtr& call : waiting) {
    // poll() ignores negative descriptors.
    fds.push_back({call->wait.fd, call->wait.events, 0});
    until = std::min(until, call->wait.untilMs);
  }
  const int64_t leftMs = std::max<int64_t>(0, until - sys_.MonotonicMs());
  const bool endless = waiting.empty();
  const int timeoutMs = endless ? -1 : static_cast<int>(std::min<int64_t>(leftMs, std::numeric_limits<int>::max()));
  const int ready = sys_.Poll(fds.data(), fds.size(), timeoutMs);
  if (ready < 0 && errno != EINTR) sys_.SleepMs(kFailingPauseMs);

  const int64_t now = sys_.MonotonicMs();
  std::vector<CallPtr> still;
  for (size_t i = 0; i < waiting.size(); ++i) {
    const bool has = ready > 0 && fds[i + 1].revents != 0;
    const bool over = now >= waiting[i]->wait.untilMs;
    if ((!has && !over) || Step(*waiting[i], has)) still.push_back(std::move(waiting[i]));
  }
  std::swap(waiting, still);
}

// Returns false if the call has ended.
bool Poller::Step(Call& call, bool ready) {
  std::optional<Polled::Wait> wait;
  try {
    wait = call.polled->Advance(ready);
  } catch (...) {
    // Out of memory: the call ends without an answer, which is reported as an error.
  }
  if (wait) {
    call.wait = *wait;
    return true;
  }
  Ended(call);
  return false;
}

void Poller::Ended(Call& call) {
  call.polled->Close();
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    // Frees the place before the job is handed over, so that a caller with its answer finds it free.
    named_.erase(call.id);
    --open_;
    if (!queued_.empty()) Wake();
    if (closed_ || call.abandoned) return;
  }
  call.job->Run();
  finish_(std::move(call.job));
}

}  // namespace brickwork
