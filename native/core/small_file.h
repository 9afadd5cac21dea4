#pragma once

#include <string>

#include "core/bytes.h"
#include "core/sys_error.h"
#include "core/syscalls.h"

namespace brickwork {

constexpr size_t kAttributeLimit = 64 * 1024;

// Reads a whole attribute relative to an open directory. EFBIG beyond 64 KiB: it never truncates silently.
Result<Bytes> ReadAttribute(const Syscalls& sys, int directory, const std::string& path);
// The same, for callers that read many attributes: the text is in `scratch` and valid until `scratch` is used again.
Result<std::string_view> ReadAttribute(const Syscalls& sys, int directory, const std::string& path, Bytes& scratch);

// Removes the newline that the kernel appends.
std::string_view TrimNewline(std::string_view text);

}  // namespace brickwork
