#pragma once

#include <string>

#include "core/bytes.h"
#include "core/sys_error.h"
#include "core/syscalls.h"

namespace brickwork {

enum class Keep : uint8_t { kInMemory, kOnDisk };

// Written as `temporary`, which is not there yet, and put in the place of `path` by rename: nobody ever sees half of it. It has exactly this
// mode, whatever the umask. With kOnDisk its content is durable before it is renamed; the name is the caller's. On failure nothing stays.
Result<Done> ReplaceFile(const Syscalls& sys, const std::string& path, const std::string& temporary, const Bytes& data, mode_t mode,
                         Keep keep);

}  // namespace brickwork
