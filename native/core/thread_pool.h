#pragma once

#include <array>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "core/job.h"
#include "core/syscalls.h"

namespace brickwork {

// What a job's time is made of. Each lane has its own bound, so that writes which the kernel keeps for a minute, or sockets that nobody
// answers, never keep the reads from running.
enum class Lane : uint8_t { kRead, kWrite, kWait };
constexpr size_t kLanes = 3;

struct PoolLimits {
  std::array<size_t, kLanes> running{8, 12, 16};
  int idleMs = 10'000;  // a thread without work ends after this
};
struct PoolStats {
  size_t threads;
  size_t busy;
  size_t queued;
};

// Threads of our own, started when there is work, at most as many as the lanes allow. Jobs of a lane with the same key run one after
// another in the order in which they came; jobs without a key, or with different keys, side by side.
class ThreadPool : public std::enable_shared_from_this<ThreadPool> {
 public:
  using Finish = std::function<void(std::unique_ptr<Job>)>;

  // `finish` gets each job that has run, on the thread that ran it. It must not call Node (see private_descriptors.h).
  ThreadPool(const Syscalls& sys, PoolLimits limits, Finish finish);

  // 0, or the errno of a thread that could not be started while there is none at all.
  int Submit(Lane lane, std::string key, std::unique_ptr<Job> job);
  // Jobs that have not begun are dropped, those that run are finished by nobody's wish; threads end when they can.
  void Shutdown();
  PoolStats stats() const;

 private:
  struct Entry;
  struct LaneState {
    JobQueue ready;
    size_t running = 0;
    // Keys that have a job ready or running, and what waits behind it.
    std::unordered_map<std::string, JobQueue> keys;
  };

  void RunThread();
  std::unique_ptr<Job> PopRunnable();
  void Ended(const Entry& entry);
  size_t Room(Lane lane) const;
  size_t Runnable() const;

  const Syscalls& sys_;
  const PoolLimits limits_;
  const Finish finish_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::array<LaneState, kLanes> lanes_;
  size_t threads_ = 0;
  size_t unoccupied_ = 0;  // threads that look for work or are about to: never fewer than jobs that may run
  bool closed_ = false;
};

}  // namespace brickwork
