#include "core/thread_pool.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/native_thread.h"
#include "core/private_descriptors.h"

namespace brickwork {

// A job with its place: which lane it counts for, and what it keeps others with the same key from.
struct ThreadPool::Entry final : Job {
  Entry(Lane l, std::string k, std::unique_ptr<Job> j) : lane(l), key(std::move(k)), job(std::move(j)) {}
  void Run() noexcept override { job->Run(); }

  const Lane lane;
  const std::string key;
  std::unique_ptr<Job> job;
};

ThreadPool::ThreadPool(const Syscalls& sys, PoolLimits limits, Finish finish) : sys_(sys), limits_(limits), finish_(std::move(finish)) {}

// Jobs that the lane may begin now, if it has as many.
size_t ThreadPool::Room(Lane lane) const {
  const auto index = static_cast<size_t>(lane);
  return limits_.running[index] - lanes_[index].running;
}

size_t ThreadPool::Runnable() const {
  size_t runnable = 0;
  for (size_t i = 0; i < kLanes; ++i) runnable += std::min(lanes_[i].ready.size(), Room(static_cast<Lane>(i)));
  return runnable;
}

int ThreadPool::Submit(Lane lane, std::string key, std::unique_ptr<Job> job) {
  auto entry = std::make_unique<Entry>(lane, std::move(key), std::move(job));
  const std::lock_guard<std::mutex> guard(mutex_);
  if (closed_) return ECANCELED;
  LaneState& state = lanes_[static_cast<size_t>(lane)];
  if (!entry->key.empty()) {
    const auto [waiting, first] = state.keys.try_emplace(entry->key);
    if (!first) {
      waiting->second.Push(std::move(entry));
      return 0;
    }
  }
  const bool runnable = state.ready.size() < Room(lane);
  if (runnable && unoccupied_ <= Runnable()) {
    const int err = StartThread([self = shared_from_this()] { self->RunThread(); });
    if (err == 0) {
      ++threads_;
      ++unoccupied_;
    } else if (threads_ == 0) {
      state.keys.erase(entry->key);
      return err;
    }
  }
  state.ready.Push(std::move(entry));
  wake_.notify_one();
  return 0;
}

std::unique_ptr<Job> ThreadPool::PopRunnable() {
  for (size_t i = 0; i < kLanes; ++i) {
    if (lanes_[i].ready.empty() || Room(static_cast<Lane>(i)) == 0) continue;
    ++lanes_[i].running;
    return lanes_[i].ready.Pop();
  }
  return nullptr;
}

void ThreadPool::Ended(const Entry& entry) {
  LaneState& state = lanes_[static_cast<size_t>(entry.lane)];
  --state.running;
  const auto waiting = state.keys.find(entry.key);
  if (waiting == state.keys.end()) return;
  if (waiting->second.empty()) {
    state.keys.erase(waiting);
  } else {
    state.ready.Push(waiting->second.Pop());
  }
}

void ThreadPool::RunThread() {
  // Without a table of its own the thread works all the same: the loss is a descriptor that lives too long, not a wrong answer.
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
    // Before the job is handed over: whoever has its answer sees the place free.
    Ended(entry);
    ++unoccupied_;
    lock.unlock();
    finish_(std::move(entry.job));
    popped.reset();
    lock.lock();
  }
}

void ThreadPool::Shutdown() {
  // Destroyed after the lock is free: a job may own anything.
  std::array<LaneState, kLanes> dropped;
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    closed_ = true;
    for (size_t i = 0; i < kLanes; ++i) {
      std::swap(dropped[i].ready, lanes_[i].ready);
      std::swap(dropped[i].keys, lanes_[i].keys);
    }
  }
  wake_.notify_all();
}

PoolStats ThreadPool::stats() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  PoolStats stats{threads_, 0, 0};
  for (const LaneState& lane : lanes_) {
    stats.busy += lane.running;
    stats.queued += lane.ready.size();
    for (const auto& [key, waiting] : lane.keys) stats.queued += waiting.size();
  }
  return stats;
}

}  // namespace brickwork
