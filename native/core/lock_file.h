#pragma once

#include <string>

#include "core/bytes.h"
#include "core/sys_error.h"
#include "core/syscalls.h"

namespace brickwork {

// Files that serve as locks by flock. The kernel releases the lock when the last descriptor of the opening closes, so also after `kill -9`.
Result<int> OpenLockFile(const Syscalls& sys, const std::string& path);
// False when another opening holds the lock.
Result<bool> TryLock(const Syscalls& sys, int fd);
// Writes who has the lock over the beginning of the file, at once after the lock was taken. It is for people who wait for the lock: on a
// full file system the lock counts all the same, and the file says who had it before.
void NoteHolder(const Syscalls& sys, int fd, const Bytes& note);

}  // namespace brickwork
