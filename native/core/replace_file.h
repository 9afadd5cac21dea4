#pragma once

#include <string>

#include "core/bytes.h"
#include "core/sys_error.h"
#include "core/syscalls.h"

namespace brickwork {

enum class Keep : uint8_t { kInMemory, kOnDisk };

// Writes `temporary`, which must not exist, and renames it to `path`, so no process ever reads a partial file. The file has exactly this
// mode, whatever the umask. With kOnDisk its content is durable before the rename; the caller makes the name durable. On failure no file
// remains.
Result<Done> ReplaceFile(const Syscalls& sys, const std::string& path, const std::string& temporary, const Bytes& data, mode_t mode,
                         Keep keep);

// Makes the names in a directory durable. Returns false if there is no such directory.
Result<bool> SyncDirectory(const Syscalls& sys, const std::string& path);

}  // namespace brickwork
