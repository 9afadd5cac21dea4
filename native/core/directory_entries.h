#pragma once

#include <string>
#include <vector>

#include "core/sys_error.h"
#include "core/syscalls.h"

namespace brickwork {

struct DirectoryEntry {
  enum class Kind { kDirectory, kLink, kOther, kUnknown };
  std::string name;
  Kind kind;
};

// Names of an open directory without `.` and `..`, in the kernel's order. A directory that goes away meanwhile ends early.
Result<std::vector<DirectoryEntry>> ReadEntries(const Syscalls& sys, int directory, const std::string& path);

}  // namespace brickwork
