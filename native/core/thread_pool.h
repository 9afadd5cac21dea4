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

// The kind of a job. Each lane has its own limit, so that writes which block in the kernel for a minute never block reads. kRead: sysfs.
// kFile: files of Brickwork and open-iscsi. kSearch: all of /proc. kWrite: sysfs, by SCSI device or host. kMapper: device-mapper, by map.
// In the last two each job may wait for a sick device. Their limits are far above the number of devices that are sick at once.
enum class Lane : uint8_t { kRead, kFile, kSearch, kWrite, kMapper };
constexpr size_t kLanes = 5;

struct PoolLimits {
  std::array<size_t, kLanes> running{8, 4, 2, 128, 64};
  size_t parked = 64;   // for each lane: abandoned jobs that the kernel still holds; they don't count as running
  int idleMs = 10'000;  // a thread without work ends after this
};
struct LaneStats {
  size_t limit;
  size_t busy;
  size_t parked;
  size_t queued;
  size_t waited;  // jobs since the start that found no free place in the lane
};
struct PoolStats {
  size_t threads;
  std::array<LaneStats, kLanes> lanes;
};

// Native threads, started when there is work, at most as many as the lanes allow. Jobs of a lane with the same key run one after another,
// in order of submission. Jobs without a key, or with different keys, run in parallel.
class ThreadPool : public std::enable_shared_from_this<ThreadPool> {
 public:
  using Finish = std::function<void(std::unique_ptr<Job>)>;

  // `finish` gets each job after it has run, on the thread that ran it. It must not call Node (see private_descriptors.h).
  ThreadPool(const Syscalls& sys, PoolLimits limits, Finish finish);

  // `id` names the job for Abandon; 0: no name. Returns 0, or the errno of a thread that could not be started if no other thread will run
  // the job.
  int Submit(Lane lane, std::string key, uint64_t id, std::unique_ptr<Job> job);
  // No caller waits for this job any more. If it has not begun, it is dropped. Otherwise its place is free now, and its key when the kernel
  // returns.
  void Abandon(uint64_t id);
  // Drops jobs that have not begun. Running jobs finish without a receiver. Threads end when they can.
  void Shutdown();
  PoolStats stats() const;

 private:
  struct Entry;
  struct LaneState {
    JobQueue ready;
    size_t running = 0;
    size_t parked = 0;
    size_t waited = 0;
    // Keys that have a job ready or running, and the jobs that wait for each.
    std::unordered_map<std::string, JobQueue> keys;
  };

  void RunThread();
  std::unique_ptr<Job> PopRunnable();
  void MakeReady(LaneState& state, Lane lane, std::unique_ptr<Job> job);
  void NextOf(const Entry& entry);
  void Ended(const Entry& entry);
  int Staff();
  size_t Room(Lane lane) const;
  size_t Runnable() const;

  const Syscalls& sys_;
  const PoolLimits limits_;
  const Finish finish_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::array<LaneState, kLanes> lanes_;
  std::unordered_map<uint64_t, Entry*> named_;
  size_t threads_ = 0;
  size_t unoccupied_ = 0;  // threads without a job, or about to be: never fewer than jobs that may run
  bool closed_ = false;
};

}  // namespace brickwork
