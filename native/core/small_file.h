#pragma once

#include <string>

#include "core/bytes.h"
#include "core/sys_error.h"
#include "core/syscalls.h"

namespace brickwork {

constexpr size_t kAttributeLimit = 64 * 1024;

// Reads a whole attribute relative to an open directory. EFBIG beyond 64 KiB: nothing is cut off silently.
Result<Bytes> ReadAttribute(const Syscalls& sys, int directory, const std::string& path);
// The same, for who reads many: the text lies in `scratch` until it is used again.
Result<std::string_view> ReadAttribute(const Syscalls& sys, int directory, const std::string& path, Bytes& scratch);

// Without the newline that the kernel puts at the end.
std::string_view TrimNewline(std::string_view text);

}  // namespace brickwork
