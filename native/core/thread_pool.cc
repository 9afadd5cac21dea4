#include "core/thread_pool.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/native_thread.h"
#include "core/private_descriptors.h"

namespace brickwork {

// A job with its lane and the key on which other jobs may wait.
struct ThreadPool::Entry final : Job {
  Entry(Lane l, std::string k, uint64_t i, std::unique_ptr<Job> j) : lane(l), key(std::move(k)), id(i), job(std::move(j)) {}
  void Run() noexcept override { job->Run(); }

  const Lane lane;
  const std::string key;
  const uint64_t id;
  std::unique_ptr<Job> job;
  bool running = false;
  bool parked = false;
};

ThreadPool::ThreadPool(const Syscalls& sys, PoolLimits limits, Finish finish) : sys_(sys), limits_(limits), finish_(std::move(finish)) {}

// The number of jobs that the lane may start now.
size_t ThreadPool::Room(Lane lane) const {
  const auto index = static_cast<size_t>(lane);
  return limits_.running[index] - lanes_[index].running;
}

size_t ThreadPool::Runnable() const {
  size_t runnable = 0;
  for (size_t i = 0; i < kLanes; ++i) runnable += std::min(lanes_[i].ready.size(), Room(static_cast<Lane>(i)));
  return runnable;
}

void ThreadPool::MakeReady(LaneState& state, Lane lane, std::unique_ptr<Job> job) {
  if (state.ready.size() >= Room(lane)) ++state.waited;
  state.ready.Push(std::move(job));
}

// Starts as many threads as may have work. Returns 0, or the errno if one could not be started.
int ThreadPool::Staff() {
  while (unoccupied_ < Runnable()) {
    const int err = StartThread([self = shared_from_this()] { self->RunThread(); });
    if (err != 0) return err;
    ++threads_;
    ++unoccupied_;
  }
  wake_.notify_one();
  return 0;
}

int ThreadPool::Submit(Lane lane, std::string key, uint64_t id, std::unique_ptr<Job> job) {
  auto entry = std::make_unique<Entry>(lane, std::move(key), id, std::move(job));
  Entry* const added = entry.get();
  const std::lock_guard<std::mutex> guard(mutex_);
  if (closed_) return ECANCELED;
  LaneState& state = lanes_[static_cast<size_t>(lane)];
  if (!added->key.empty()) {
    const auto [waiting, first] = state.keys.try_emplace(added->key);
    if (!first) {
      waiting->second.Push(std::move(entry));
      if (id != 0) named_.emplace(id, added);
      return 0;
    }
  }
  MakeReady(state, lane, std::move(entry));
  const int err = Staff();
  size_t parked = 0;
  for (const LaneState& each : lanes_) parked += each.parked;
  if (err != 0 && threads_ == parked) {
    state.keys.erase(added->key);
    (void)state.ready.Remove(added);
    return err;
  }
  if (id != 0) named_.emplace(id, added);
  return 0;
}

void ThreadPool::Abandon(uint64_t id) {
  // Destroyed after the lock is released: a job may own anything.
  std::unique_ptr<Job> dropped;
  const std::lock_guard<std::mutex> guard(mutex_);
  const auto named = named_.find(id);
  if (named == named_.end()) return;
  Entry& entry = *named->second;
  named_.erase(named);
  LaneState& state = lanes_[static_cast<size_t>(entry.lane)];
  if (entry.running) {
    if (state.parked >= limits_.parked) return;
    entry.parked = true;
    --state.running;
    ++state.parked;
  } else if ((dropped = state.ready.Remove(&entry))) {
    NextOf(entry);
  } else {
    dropped = state.keys.find(entry.key)->second.Remove(&entry);
  }
  (void)Staff();
}

std::unique_ptr<Job> ThreadPool::PopRunnable() {
  for (size_t i = 0; i < kLanes; ++i) {
    if (lanes_[i].ready.empty() || Room(static_cast<Lane>(i)) == 0) continue;
    ++lanes_[i].running;
    auto popped = lanes_[i].ready.Pop();
    static_cast<Entry&>(*popped).running = true;
    return popped;
  }
  return nullptr;
}

// Releases the key and starts the next job that waits for it.
void ThreadPool::NextOf(const Entry& entry) {
  LaneState& state = lanes_[static_cast<size_t>(entry.lane)];
  const auto waiting = state.keys.find(entry.key);
  if (waiting == state.keys.end()) return;
  if (waiting->second.empty()) {
    state.keys.erase(waiting);
  } else {
    MakeReady(state, entry.lane, waiting->second.Pop());
  }
}

void ThreadPool::Ended(const Entry& entry) {
  LaneState& state = lanes_[static_cast<size_t>(entry.lane)];
  --(entry.parked ? state.parked : state.running);
  if (entry.id != 0) named_.erase(entry.id);
  NextOf(entry);
}

void ThreadPool::RunThread() {
  // If this fails the thread still works. The only loss is a descriptor that stays open too long, never a wrong answer.
  (void)TakePrivateDescriptors(sys_, -1);
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    auto popped = closed_ ? nullptr : PopRunnable();
    if (!popped) {
      const bool woken =
          !closed_ && wake_.wait_for(lock, std::chrono::milliseconds(limits_.idleMs), [&] { return closed_ || Runnable() > 0; });
      if (woken && !closed_) continue;
      --unoccupied_;
      --threads_;
      return;
    }
    --unoccupied_;
    lock.unlock();
    auto& entry = static_cast<Entry&>(*popped);
    entry.Run();
    lock.lock();
    // Frees the place before the job is handed over, so that a caller with its answer finds it free.
    Ended(entry);
    ++unoccupied_;
    lock.unlock();
    finish_(std::move(entry.job));
    popped.reset();
    lock.lock();
  }
}

void ThreadPool::Shutdown() {
  // Destroyed after the lock is released: a job may own anything.
  std::array<LaneState, kLanes> dropped;
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    closed_ = true;
    named_.clear();
    for (size_t i = 0; i < kLanes; ++i) {
      std::swap(dropped[i].ready, lanes_[i].ready);
      std::swap(dropped[i].keys, lanes_[i].keys);
    }
  }
  wake_.notify_all();
}

PoolStats ThreadPool::stats() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  PoolStats stats{threads_, {}};
  for (size_t i = 0; i < kLanes; ++i) {
    const LaneState& lane = lanes_[i];
    stats.lanes[i] = {limits_.running[i], lane.running, lane.parked, lane.ready.size(), lane.waited};
    for (const auto& [key, waiting] : lane.keys) stats.lanes[i].queued += waiting.size();
  }
  return stats;
}

}  // namespace brickwork
