#include "core/file_system.h"

#include <linux/magic.h>

namespace brickwork {

FileSystemTraits TraitsOf(const Syscalls& sys, int fd) {
  switch (sys.FileSystemType(fd)) {
    case SYSFS_MAGIC:
      return {true, false};
    case TMPFS_MAGIC:
      return {true, true};
    default:
      return {};
  }
}

}  // namespace brickwork
