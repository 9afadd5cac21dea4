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

// All names that are there from the beginning to the end; one listing does not promise that. Before it gives an entry to the reader, kernfs
// lets go of its lock (fs/kernfs/dir.c, kernfs_fop_readdir, up to Linux 6.14), and when that entry goes away just then, the one behind it may be
// left out: a session, while another one is logged out. So it lists until two listings agree, and what was seen in any of them counts:
// a name may come more than once.
Result<std::vector<DirectoryEntry>> ReadAllEntries(const Syscalls& sys, int directory, const std::string& path);

}  // namespace brickwork
