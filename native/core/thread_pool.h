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

// What a job is for. Each lane has its own bound, so that writes which the kernel keeps for a minute never keep the reads from running.
// kRead: sysfs. kFile: files of ours and of open-iscsi. kSearch: all of /proc. kWrite: sysfs, by SCSI device or host. kMapper:
// device-mapper, by map. The last two may wait for a sick device each: their bounds are far above the devices that are sick at once.
enum class Lane : uint8_t { kRead, kFile, kSearch, kWrite, kMapper };
constexpr size_t kLanes = 5;

struct PoolLimits {
  std::array<size_t, kLanes> running{8, 4, 2, 128, 64};
  size_t parked = 64;   // of a lane: jobs that nobody waits for, and that the kernel keeps, which don't count as running
  int idleMs = 10'000;  // a thread without work ends after this
};
struct LaneStats {
  size_t limit;
  size_t busy;
  size_t parked;
  size_t queued;
  size_t waited;  // of all that ever came, those that found no place in the lane
};
struct PoolStats {
  size_t threads;
  std::array<LaneStats, kLanes> lanes;
};

// Threads of our own, started when there is work, at most as many as the lanes allow. Jobs of a lane with the same key run one after
// another in the order in which they came; jobs without a key, or with different keys, side by side.
class ThreadPool : public std::enable_shared_from_this<ThreadPool> {
 public:
  using Finish = std::function<void(std::unique_ptr<Job>)>;

  // `finish` gets each job that has run, on the thread that ran it. It must not call Node (see private_descriptors.h).
  ThreadPool(const Syscalls& sys, PoolLimits limits, Finish finish);

  // `id` names the job for Abandon; 0: it has no name. 0, or the errno of a thread that could not be started while no other will take the job.
  int Submit(Lane lane, std::string key, uint64_t id, std::unique_ptr<Job> job);
  // Nobody waits for this job: it is dropped if it has not begun; else its place is free, and its key when the kernel lets go.
  void Abandon(uint64_t id);
  // Jobs that have not begun are dropped, those that run are finished by nobody's wish; threads end when they can.
  void Shutdown();
  PoolStats stats() const;

 private:
  struct Entry;
  struct LaneState {
    JobQueue ready;
    size_t running = 0;
    size_t parked = 0;
    size_t waited = 0;
    // Keys that have a job ready or running, and what waits behind it.
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
  size_t unoccupied_ = 0;  // threads that look for work or are about to: never fewer than jobs that may run
  bool closed_ = false;
};

}  // namespace brickwork
