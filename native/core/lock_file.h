#pragma once

#include <string>

#include "core/sys_error.h"
#include "core/syscalls.h"

namespace brickwork {

// Files whose flock stands for something: the kernel frees it when the last descriptor of the opening goes, so also at `kill -9`.
Result<int> OpenLockFile(const Syscalls& sys, const std::string& path);
// False when another opening holds the lock.
Result<bool> TryLock(const Syscalls& sys, int fd);

}  // namespace brickwork
