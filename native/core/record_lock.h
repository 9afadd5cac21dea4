#pragma once

#include <memory>
#include <string>

#include "core/sys_error.h"
#include "core/syscalls.h"
#include "core/unique_fd.h"

namespace brickwork {

// open-iscsi's database lock: whoever makes the hard link `lock.write` has it; the others look again every 10 ms. iscsiadm links its file
// `lock`, and a link that it leaves when it is killed stays. Ours is to `lock.brickwork`, which is made by nobody without an flock on that
// file. The kernel frees the flock of a process that dies: whoever has it, and finds a link to the same file, finds what a dead one left.
class RecordLock {
 public:
  // Null when others held it until `timeoutMs` was over.
  static Result<std::unique_ptr<RecordLock>> Take(const Syscalls& sys, const std::string& directory, int timeoutMs);

  explicit RecordLock(const Syscalls& sys) : sys_(sys), turn_(sys, -1) {}
  RecordLock(const RecordLock&) = delete;
  RecordLock& operator=(const RecordLock&) = delete;
  ~RecordLock();

  // Drops it before its time and tells whether that worked.
  Result<Done> Drop();

 private:
  // Whether it is ours now.
  Result<bool> Try(const std::string& directory);
  Result<bool> TakeTurn(const std::string& file);

  const Syscalls& sys_;
  UniqueFd turn_;
  std::string link_;
};

}  // namespace brickwork
