#pragma once

#include <memory>
#include <string>

#include "core/sys_error.h"
#include "core/syscalls.h"
#include "core/unique_fd.h"

namespace brickwork {

// open-iscsi's database lock. The process that creates the hard link `lock.write` holds the lock; the others retry every 10 ms. iscsiadm
// links its file `lock`, and if it is killed its link stays. Brickwork links `lock.brickwork`, and only after it has taken an flock on that
// file. The kernel releases the flock of a process that dies. So a process that holds the flock and finds a link to the same file knows
// that a dead process left it.
class RecordLock {
 public:
  // Returns null if other processes held the lock until `timeoutMs` was over.
  static Result<std::unique_ptr<RecordLock>> Take(const Syscalls& sys, const std::string& directory, int timeoutMs);

  explicit RecordLock(const Syscalls& sys) : sys_(sys), turn_(sys, -1) {}
  RecordLock(const RecordLock&) = delete;
  RecordLock& operator=(const RecordLock&) = delete;
  ~RecordLock();

  // Releases the lock before destruction and returns whether that worked.
  Result<Done> Drop();

 private:
  // Returns whether this object holds the lock now.
  Result<bool> Try(const std::string& directory);
  Result<bool> TakeTurn(const std::string& file);

  const Syscalls& sys_;
  UniqueFd turn_;
  std::string link_;
};

}  // namespace brickwork
