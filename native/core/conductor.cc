#include "core/conductor.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include "core/native_thread.h"
#include "core/tcp_connect.h"

namespace brickwork {

struct Conductor::Call {
  const uint64_t id;
  const std::shared_ptr<JobRun> run;
  std::shared_ptr<UeventWatchers::Watch> watch{};

  // Guarded by the conductor's mutex.
  std::unique_ptr<Job> job{};
  // From the start: an event that comes while it is being submitted must not let the thread begin it.
  bool isReady = true;
  std::optional<StepsEnd> ended{};  // another thread has given the job back

  // Only the conductor's thread uses them.
  bool isUnderWay = false;  // another thread carries out a step
  bool isTried = false;     // the present step was tried, and what it awaits had not come
  size_t timedStep = std::numeric_limits<size_t>::max();
  int64_t untilMs = 0;  // of that step
};

namespace {

template <typename T, typename GoesOn>
StepsEnd AnswerPolled(JobRun& run, PolledCall<T>& polled, GoesOn goesOn) {
  try {
    auto answer = polled.TakeAnswer();
    if (!answer.ok()) {
      run.Fail(answer.error());
    } else {
      const bool isGood = goesOn(answer.value());
      run.Answer(std::move(answer.value()), isGood);
    }
  } catch (...) {
    run.Fail(SysError{ENOMEM, "allocate", {}});
  }
  return StepsEnd::kDone;
}

}  // namespace

int Conductor::Submit(uint64_t id, std::shared_ptr<JobRun> run, std::unique_ptr<Job> job) {
  auto call = std::make_shared<Call>(Call{id, std::move(run)});
  call->job = std::move(job);
  // Before the first step, so that no event of what it does is missed.
  auto uevents = UeventsOf(call->run->steps());
  if (!uevents.empty()) {
    const std::weak_ptr<Call> weak = call;
    call->watch = parts_.uevents->Add(std::move(uevents), [self = weak_from_this(), weak] {
      const auto conductor = self.lock();
      const auto waiting = weak.lock();
      if (conductor && waiting) conductor->Ready(waiting, std::nullopt);
    });
  }
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    if (!closed_ && Start()) {
      calls_.emplace(id, call);
      ready_.push_back(std::move(call));
      changed_.notify_one();
      return 0;
    }
  }
  Leave(*call);
  return EAGAIN;
}

bool Conductor::Start() {
  if (!started_) started_ = StartThread([self = shared_from_this()] { self->RunThread(); }) == 0;
  return started_;
}

void Conductor::Abandon(uint64_t id) {
  CallPtr call;  // destroyed after the lock is free: a job may own anything
  std::unique_ptr<Job> dropped;
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    const auto found = calls_.find(id);
    if (found == calls_.end()) return;
    call = std::move(found->second);
    calls_.erase(found);
    dropped = std::move(call->job);
  }
  call->run->Stop();
  Leave(*call);
  // The conductor's thread forgets it.
  Ready(call, std::nullopt);
  parts_.pool->Abandon(id);
  parts_.sockets->Abandon(id);
}

void Conductor::Shutdown() {
  std::unordered_map<uint64_t, CallPtr> dropped;
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    closed_ = true;
    std::swap(dropped, calls_);
    ready_.clear();
    changed_.notify_one();
  }
  for (const auto& [id, call] : dropped) {
    call->run->Stop();
    Leave(*call);
  }
}

void Conductor::Leave(Call& call) const {
  call.run->Unlock();
  if (call.watch) parts_.uevents->Remove(*call.watch);
}

void Conductor::Ready(const CallPtr& call, std::optional<StepsEnd> ended) {
  const std::lock_guard<std::mutex> guard(mutex_);
  if (closed_) return;
  if (ended) call->ended = ended;
  if (std::exchange(call->isReady, true)) return;
  ready_.push_back(call);
  changed_.notify_one();
}

// The next call that is ready, or whose time has come; nothing at the end.
Conductor::CallPtr Conductor::Next(std::unique_lock<std::mutex>& lock) {
  for (;;) {
    if (closed_) return nullptr;
    if (!ready_.empty()) {
      CallPtr call = std::move(ready_.front());
      ready_.pop_front();
      call->isReady = false;
      return call;
    }
    const auto isEarlier = [](const CallPtr& a, const CallPtr& b) { return a->untilMs < b->untilMs; };
    const auto first = std::min_element(waiting_.begin(), waiting_.end(), isEarlier);
    if (first == waiting_.end()) {
      changed_.wait(lock);
      continue;
    }
    const int64_t leftMs = (*first)->untilMs - parts_.sys.MonotonicMs();
    if (leftMs <= 0) return *first;
    changed_.wait_for(lock, std::chrono::milliseconds(leftMs));
  }
}

void Conductor::RunThread() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (CallPtr call = Next(lock)) {
    const auto ended = std::exchange(call->ended, std::nullopt);
    lock.unlock();
    waiting_.erase(std::remove(waiting_.begin(), waiting_.end(), call), waiting_.end());
    if (ended) {
      call->isUnderWay = false;
      call->isTried = *ended != StepsEnd::kDone;
    }
    if (!call->isUnderWay) Proceed(call);
    call.reset();
    lock.lock();
  }
  lock.unlock();
  waiting_.clear();
}

void Conductor::Proceed(const CallPtr& call) {
  try {
    while (!call->run->over()) {
      if (Dispatch(call)) return;
    }
  } catch (...) {
    call->run->Fail(SysError{ENOMEM, "allocate", {}});
  }
  End(call);
}

bool Conductor::Dispatch(const CallPtr& call) {
  JobRun& run = *call->run;
  const size_t at = run.at();
  const JobStep& step = run.steps()[at];
  if (const auto* const flock = std::get_if<FlockStep>(&step)) {
    run.Lock(*flock);
    return false;
  }
  bool isLast = false;
  if (call->isTried) {
    const int64_t now = parts_.sys.MonotonicMs();
    if (call->timedStep != at) call->untilMs = now + TimeoutOf(step);
    call->timedStep = at;
    isLast = now >= call->untilMs;
    const bool hasEvent = call->watch && call->watch->seen;
    if (std::holds_alternative<AwaitTreeStep>(step) && !isLast && !hasEvent) {
      waiting_.push_back(call);
      return true;
    }
  }
  const StepGroup group = GroupAt(run.steps(), at);
  const bool isSocket = group.end == at;
  if (isSocket && !run.BeginStep()) return false;
  // Under the lock of the run: what is submitted before Stop() can be abandoned, and nothing is submitted after it.
  const auto err = run.UnlessOver([&] { return isSocket ? SubmitSocket(call, step) : SubmitGroup(call, group, isLast); });
  if (!err) return false;
  call->isUnderWay = *err == 0;
  if (*err != 0) run.Fail(SysError{*err, "pthread_create", {}});
  return call->isUnderWay;
}

int Conductor::SubmitGroup(const CallPtr& call, const StepGroup& group, bool isLast) {
  auto work = [call, &sys = parts_.sys, end = group.end, isLast] {
    return CarryOutSteps(sys, *call->run, call->watch.get(), end, isLast);
  };
  return parts_.pool->Submit(group.lane, group.key, call->id, std::make_unique<StepJob>(std::move(work), GivesBack(call)));
}

int Conductor::SubmitSocket(const CallPtr& call, const JobStep& step) {
  if (const auto* const connect = std::get_if<ConnectStep>(&step)) {
    auto polled = std::make_shared<TcpConnection>(parts_.sys, connect->address, connect->timeoutMs, connect->netns);
    auto work = [call, polled] { return AnswerPolled<int>(*call->run, *polled, [](int err) { return err == 0; }); };
    return parts_.sockets->Submit(call->id, {}, polled, std::make_unique<StepJob>(std::move(work), GivesBack(call)));
  }
  auto polled = std::make_shared<Exchange>(parts_.sys, std::get<ExchangeStep>(step).request);
  auto work = [call, polled] { return AnswerPolled<Bytes>(*call->run, *polled, [](const Bytes&) { return true; }); };
  return parts_.sockets->Submit(call->id, {}, polled, std::make_unique<StepJob>(std::move(work), GivesBack(call)));
}

StepJob::Ended Conductor::GivesBack(const CallPtr& call) {
  return [self = shared_from_this(), call](StepsEnd end) { self->Ready(call, end); };
}

void Conductor::End(const CallPtr& call) {
  std::unique_ptr<Job> job;
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    if (calls_.erase(call->id) == 0) return;
    job = std::move(call->job);
  }
  Leave(*call);
  job->Run();
  finish_(std::move(job));
}

}  // namespace brickwork
