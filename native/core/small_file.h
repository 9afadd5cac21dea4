#pragma once

#include <string>

#include "core/bytes.h"
#include "core/sys_error.h"
#include "core/syscalls.h"

namespace brickwork {

constexpr size_t kAttributeLimit = 64 * 1024;

// Reads a whole attribute relative to an open directory. EFBIG beyond 64 KiB: it never truncates silently.
Result<Bytes> ReadAttribute(const Syscalls& sys, int directory, const std::string& path);

// The same, for callers that read many attributes, most of which may be absent: nothing is allocated for those.
struct AttributeText {
  int err;                // 0 if it was read
  const char* syscall;    // the call that failed
  std::string_view text;  // in `scratch`, and valid until `scratch` is used again
};
// `shortReadIsEnd`: as in FileSystemTraits. It saves the read that returns nothing.
AttributeText ReadAttribute(const Syscalls& sys, int directory, const char* path, Bytes& scratch, bool shortReadIsEnd = false);

// Removes the newline that the kernel appends.
std::string_view TrimNewline(std::string_view text);

}  // namespace brickwork
