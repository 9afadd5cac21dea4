#include "core/lock_file.h"

#include <fcntl.h>
#include <sys/file.h>

namespace brickwork {

Result<int> OpenLockFile(const Syscalls& sys, const std::string& path) {
  const int fd = sys.Openat(AT_FDCWD, path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
  if (fd < 0) return LastError("openat", path);
  return fd;
}

Result<bool> TryLock(const Syscalls& sys, int fd) {
  if (sys.Flock(fd, LOCK_EX | LOCK_NB) == 0) return true;
  if (errno == EWOULDBLOCK) return false;
  return LastError("flock", {});
}

void NoteHolder(const Syscalls& sys, int fd, const Bytes& note) { static_cast<void>(sys.Write(fd, note.data(), note.size())); }

}  // namespace brickwork
