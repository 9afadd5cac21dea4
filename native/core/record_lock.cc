#include "core/record_lock.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <optional>
#include <utility>

#include "core/deadline.h"
#include "core/lock_file.h"

namespace brickwork {
namespace {

constexpr int kLookAgainMs = 10;

struct FileId {
  uint32_t major, minor;
  uint64_t inode;
  bool operator==(const FileId& other) const { return major == other.major && minor == other.minor && inode == other.inode; }
};

// The id of the open file, or of the file at the path; nothing if there is none.
Result<std::optional<FileId>> IdOf(const Syscalls& sys, int fd, const std::string& path) {
  struct statx status = {};
  const bool open = fd != AT_FDCWD;
  if (sys.Statx(fd, open ? "" : path.c_str(), open ? AT_EMPTY_PATH : AT_SYMLINK_NOFOLLOW, STATX_INO, &status) == 0)
    return std::optional<FileId>(FileId{status.stx_dev_major, status.stx_dev_minor, status.stx_ino});
  if (errno == ENOENT) return std::optional<FileId>{};
  return LastError("statx", path);
}

}  // namespace

Result<std::unique_ptr<RecordLock>> RecordLock::Take(const Syscalls& sys, const std::string& directory, int timeoutMs) {
  const Deadline deadline(sys, timeoutMs);
  // Allocated before the link is created: nothing may fail between taking the lock and recording it.
  auto taken = std::make_unique<RecordLock>(sys);
  for (;;) {
    if (sys.Mkdir(directory.c_str(), 0770) != 0 && errno != EEXIST) return LastError("mkdir", directory);
    const auto ours = taken->Try(directory);
    if (!ours.ok()) return ours.error();
    if (ours.value()) return taken;
    if (!deadline.Sleep(kLookAgainMs)) return std::unique_ptr<RecordLock>{};
  }
}

Result<bool> RecordLock::Try(const std::string& directory) {
  const std::string file = directory + "/lock.brickwork";
  std::string link = directory + "/lock.write";
  const auto turn = TakeTurn(file);
  if (!turn.ok()) return turn.error();
  if (!turn.value()) return false;
  const auto mine = IdOf(sys_, turn_.get(), file);
  if (!mine.ok()) return mine.error();
  const auto named = IdOf(sys_, AT_FDCWD, file);
  if (!named.ok()) return named.error();
  if (!(named.value() == mine.value())) {
    turn_.Reset();  // the file was removed: this flock is on a deleted file
    return false;
  }
  const auto found = IdOf(sys_, AT_FDCWD, link);
  if (!found.ok()) return found.error();
  if (found.value() == mine.value() && sys_.Unlink(link.c_str()) != 0) return LastError("unlink", link);
  if (sys_.Link(file.c_str(), link.c_str()) == 0) {
    link_ = std::move(link);
    return true;
  }
  if (errno != EEXIST && errno != ENOENT) return LastError("link", link);
  return false;
}

// The flock is kept while another process holds the link.
Result<bool> RecordLock::TakeTurn(const std::string& file) {
  if (turn_) return true;
  const auto opened = OpenLockFile(sys_, file);
  if (!opened.ok()) return opened.error();
  UniqueFd fd(sys_, opened.value());
  const auto locked = TryLock(sys_, fd.get());
  if (!locked.ok()) return SysError{locked.error().err, locked.error().syscall, file};
  if (locked.value()) turn_ = std::move(fd);
  return locked.value();
}

RecordLock::~RecordLock() { (void)Drop(); }

Result<Done> RecordLock::Drop() {
  const std::string link = std::exchange(link_, {});
  const bool failed = !link.empty() && sys_.Unlink(link.c_str()) != 0;
  const auto error = LastError("unlink", link);
  turn_.Reset();
  if (failed) return error;
  return Done{};
}

}  // namespace brickwork
