#pragma once

#include "core/syscalls.h"

namespace brickwork {

// What is certain about the files and directories of a file system. False is always right, and costs system calls.
struct FileSystemTraits {
  // A read that returns less than it was asked for has reached the end.
  // - sysfs: seq_read_iter (fs/seq_file.c) returns the one record of an attribute, up to what was asked for; a binary attribute
  //   (fs/kernfs/file.c, kernfs_file_read_iter) up to a page. A caller that asks for at most a page gets less only at the end.
  // - tmpfs: files are in memory (mm/shmem.c, shmem_file_read_iter).
  // Not so for /proc, whose files consist of records: a read ends before a record that does not fit.
  bool shortReadIsEnd = false;
  // One listing has each entry that exists during the whole listing. Not so for sysfs, see ReadAllEntries.
  bool listsAll = false;
};

// The file system of an open file or directory.
FileSystemTraits TraitsOf(const Syscalls& sys, int fd);

}  // namespace brickwork
