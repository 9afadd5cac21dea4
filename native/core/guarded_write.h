#pragma once

#include <string>
#include <vector>

#include "core/bytes.h"
#include "core/sys_error.h"
#include "core/syscalls.h"

namespace brickwork {

struct WriteGuard {
  std::string attribute;  // relative to the directory; may contain `..`
  Bytes equals;           // compared without the trailing newline of the attribute
  bool prefix = false;    // the attribute only begins with it
};
struct WriteRequest {
  std::string directory;
  std::vector<WriteGuard> guards;
  std::string attribute;
  Bytes value;
};
struct WriteOutcome {
  enum Kind : uint8_t { kWritten = 0, kGone = 1, kChanged = 2 };
  Kind kind;
  std::string attribute;  // kChanged: the guard that differs
  Bytes found;            // kChanged: its current value, without the trailing newline
};

// Opens the directory once and works through that handle. If the name then refers to another object, nothing is written to that object: the
// handle of the first one answers ENOENT or ENODEV.
Result<WriteOutcome> WriteGuarded(const Syscalls& sys, const WriteRequest& request);

}  // namespace brickwork
