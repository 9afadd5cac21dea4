#pragma once

#include <string>
#include <vector>

#include "core/bytes.h"
#include "core/sys_error.h"
#include "core/syscalls.h"

namespace brickwork {

constexpr size_t kWholeFileLimit = 64 * 1024 * 1024;

// Reads whole files, one after another: state files, and those of sysfs and procfs. EFBIG beyond 64 MiB. Does not wait for the other end of
// a FIFO. The first file that can't be read is the failure. The answer, little endian:
//   files := file*.
//   file  := u8 present, u32 length, bytes (absent: no bytes).
Result<Bytes> ReadFiles(const Syscalls& sys, const std::vector<std::string>& paths);

}  // namespace brickwork
