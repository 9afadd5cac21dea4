#pragma once

#include <memory>
#include <string>

#include "core/sys_error.h"
#include "core/syscalls.h"

namespace brickwork {

// open-iscsi's database lock: whoever makes the hard link `lock.write` to the file `lock` has it; the others look again every 10 ms.
// Nobody breaks it, so a holder must not die before it has dropped it.
class RecordLock {
 public:
  // Null when others held it until `timeoutMs` was over.
  static Result<std::unique_ptr<RecordLock>> Take(const Syscalls& sys, const std::string& directory, int timeoutMs);

  RecordLock(const Syscalls& sys, std::string link) : sys_(sys), link_(std::move(link)) {}
  RecordLock(const RecordLock&) = delete;
  RecordLock& operator=(const RecordLock&) = delete;
  ~RecordLock();

  // Drops it before its time and tells whether that worked.
  Result<Done> Drop();

 private:
  const Syscalls& sys_;
  std::string link_;
};

}  // namespace brickwork
