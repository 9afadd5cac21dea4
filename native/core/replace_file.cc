#include "core/replace_file.h"

#include <fcntl.h>

#include "core/unique_fd.h"

namespace brickwork {
namespace {

Result<Done> Fill(const Syscalls& sys, int fd, const std::string& path, const Bytes& data, mode_t mode, Keep keep) {
  if (sys.Fchmod(fd, mode) != 0) return LastError("fchmod", path);
  for (size_t written = 0; written < data.size();) {
    const ssize_t more = sys.Write(fd, data.data() + written, data.size() - written);
    if (more <= 0) return LastError("write", path);
    written += static_cast<size_t>(more);
  }
  if (keep == Keep::kOnDisk && sys.Fsync(fd) != 0) return LastError("fsync", path);
  return Done{};
}

}  // namespace

Result<Done> ReplaceFile(const Syscalls& sys, const std::string& path, const std::string& temporary, const Bytes& data, mode_t mode,
                         Keep keep) {
  const UniqueFd fd(sys, sys.Openat(AT_FDCWD, temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode));
  if (!fd) return LastError("openat", temporary);
  auto replaced = Fill(sys, fd.get(), temporary, data, mode, keep);
  if (replaced.ok() && sys.Rename(temporary.c_str(), path.c_str()) != 0) replaced = LastError("rename", path);
  if (!replaced.ok()) sys.Unlink(temporary.c_str());
  return replaced;
}

Result<bool> SyncDirectory(const Syscalls& sys, const std::string& path) {
  const UniqueFd fd(sys, sys.Openat(AT_FDCWD, path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0));
  if (!fd && IsAbsence(errno)) return false;
  if (!fd) return LastError("openat", path);
  if (sys.Fsync(fd.get()) != 0) return LastError("fsync", path);
  return true;
}

}  // namespace brickwork
