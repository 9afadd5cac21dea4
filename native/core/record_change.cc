#include "core/record_change.h"

#include <fcntl.h>

#include "core/record_lock.h"
#include "core/record_path.h"
#include "core/replace_file.h"
#include "core/unique_fd.h"

namespace brickwork {
namespace {

constexpr char kTemporary[] = "/.brickwork-record";

std::string ParentOf(const std::string& path) { return path.substr(0, path.rfind('/')); }

Result<Done> SyncExisting(const Syscalls& sys, const std::string& path) {
  const auto synced = SyncDirectory(sys, path);
  if (!synced.ok()) return synced.error();
  if (!synced.value()) return SysError{ENOENT, "openat", path};
  return Done{};
}

Result<Done> WriteAndRename(const Syscalls& sys, const std::string& temporary, const RecordPath& record, const Bytes& data) {
  if (sys.Unlink(temporary.c_str()) != 0 && errno != ENOENT) return LastError("unlink", temporary);
  // If any step fails, no file with secrets remains.
  return ReplaceFile(sys, record.file, temporary, data, 0600, Keep::kOnDisk);
}

// Removes those directories of the record that are empty, the innermost first.
void RemoveEmpty(const Syscalls& sys, const RecordPath& record) {
  for (auto directory = record.directories.rbegin(); directory != record.directories.rend(); ++directory) {
    if (sys.Rmdir(directory->c_str()) != 0) return;
  }
}

Result<Done> Replace(const Syscalls& sys, const RecordPath& record, const Bytes& data) {
  for (const std::string& base : {record.root, ParentOf(record.directories.front())}) {
    if (sys.Mkdir(base.c_str(), 0700) != 0 && errno != EEXIST) return LastError("mkdir", base);
  }
  for (const std::string& directory : record.directories) {
    if (sys.Mkdir(directory.c_str(), 0700) == 0) {
      const auto synced = SyncExisting(sys, ParentOf(directory));
      if (!synced.ok()) return synced;
    } else if (errno != EEXIST) {
      return LastError("mkdir", directory);
    }
  }
  auto written = WriteAndRename(sys, record.root + kTemporary, record, data);
  if (!written.ok() && (written.error().err == EXDEV || written.error().err == EROFS || written.error().err == EACCES)) {
    written = WriteAndRename(sys, record.directories.front() + kTemporary, record, data);
  }
  if (!written.ok()) {
    RemoveEmpty(sys, record);
    return written;
  }
  return SyncExisting(sys, ParentOf(record.file));
}

Result<Done> Remove(const Syscalls& sys, const RecordPath& record) {
  const bool removed = sys.Unlink(record.file.c_str()) == 0;
  if (!removed && !IsAbsence(errno)) return LastError("unlink", record.file);
  // A temporary file of a killed process would keep the directory from being empty.
  sys.Unlink((record.directories.front() + kTemporary).c_str());
  RemoveEmpty(sys, record);
  if (!removed) return Done{};
  std::string remaining = ParentOf(record.file);
  auto synced = SyncExisting(sys, remaining);
  while (!synced.ok() && IsAbsence(synced.error().err) && remaining.size() > record.root.size()) {
    remaining = ParentOf(remaining);
    synced = SyncExisting(sys, remaining);
  }
  return synced;
}

}  // namespace

Result<bool> ChangeRecord(const Syscalls& sys, const RecordChange& change) {
  const auto record = ParseRecordPath(change.path);
  if (!record && !change.path.empty()) return SysError{EINVAL, "rename", change.path};
  auto lock = RecordLock::Take(sys, change.lockDirectory, change.timeoutMs);
  if (!lock.ok()) return lock.error();
  if (!lock.value()) return false;
  const auto changed = !record ? Result<Done>(Done{}) : change.data ? Replace(sys, *record, *change.data) : Remove(sys, *record);
  const auto dropped = lock.value()->Drop();
  if (!changed.ok()) return changed.error();
  if (!dropped.ok()) return dropped.error();
  return true;
}

}  // namespace brickwork
