#pragma once

#include <string>

#include "core/bytes.h"
#include "core/sys_error.h"
#include "core/syscalls.h"

namespace brickwork {

// What was written so shortly ago may be written again without its times telling: they are those of the kernel's last tick (10 ms at most;
// fs/inode.c, current_time).
constexpr int64_t kUnsettledMs = 50;

// Files of one directory, those whose names end with `suffix`, as far as they have changed since the call that answered with `state` (empty:
// all of them). A file is told again while it may still change without being seen to: just written, or not read. A directory that is not
// there has no files. The answer, little endian:
//   changes := u32 length of state, state, u32 count, file*
//   file    := u16 length of name, name, u8 status (0 read, 1 gone, 2 not read), u32 length, bytes (status 1: none; 2: u32 errno)
// What is above 64 KiB is not read (EFBIG), nor what is no file (EINVAL). The state is for the next call and nobody else.
Result<Bytes> ReadChangedFiles(const Syscalls& sys, const std::string& directory, const std::string& suffix, const Bytes& state);

}  // namespace brickwork
