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

// Names of an open directory without `.` and `..`, in the kernel's order. If the directory is removed, the list ends early.
Result<std::vector<DirectoryEntry>> ReadEntries(const Syscalls& sys, int directory, const std::string& path);

// Returns at least the names that exist during the whole call; one listing does not guarantee that. kernfs releases its lock before it
// passes an entry to the reader (fs/kernfs/dir.c, kernfs_fop_readdir, up to Linux 6.14). If that entry is removed at this moment, the
// kernel may omit the next one: for example a session while another session is logged out. So this function lists until two consecutive
// listings agree. If none do, it returns the names of all listings, and a name may occur more than once.
// One listing is enough on a file system that lists all (FileSystemTraits), and if it is empty: without an entry that is removed, none is omitted.
Result<std::vector<DirectoryEntry>> ReadAllEntries(const Syscalls& sys, int directory, const std::string& path, bool listsAll);

}  // namespace brickwork
