#pragma once

#include <string>

#include "core/bytes.h"
#include "core/sys_error.h"
#include "core/syscalls.h"

namespace brickwork {

// A file that was written this recently may be written again without a change of its times: they have the resolution of the kernel's tick
// (10 ms at most; fs/inode.c, current_time).
constexpr int64_t kUnsettledMs = 50;

// Reads the files of one directory whose names end with `suffix`, if they have changed since the call that returned `state` (empty: all of
// them). A file that may still change unnoticed is reported again: it was just written, or it could not be read. A missing directory has no
// files. The answer, little endian:
//   changes := u32 length of state, state, u32 count, file*.
//   file    := u16 length of name, name, u8 status (0 read, 1 gone, 2 not read), u32 length, bytes (status 1: none; 2: u32 errno).
// Files above 64 KiB (EFBIG) and entries that are not regular files (EINVAL) are not read. The state is only for the next call.
Result<Bytes> ReadChangedFiles(const Syscalls& sys, const std::string& directory, const std::string& suffix, const Bytes& state);

}  // namespace brickwork
