// The system calls of the fake files.
#include <dirent.h>
#include <fcntl.h>

#include <algorithm>
#include <cstring>

#include "test/fake_files.h"

namespace brickwork::test {

int FakeFiles::Openat(int directory, const char* path, int flags, mode_t mode) const {
  if (const int err = Faulty("openat", path)) return Fail(err);
  const Pointer from = directory == AT_FDCWD ? root_ : opened_.at(directory).object;
  int err = 0;
  Pointer object = Resolve(from, path, (flags & O_NOFOLLOW) == 0, err);
  if (object && (flags & O_CREAT) != 0 && (flags & O_EXCL) != 0) return Fail(EEXIST);
  if (!object && (flags & O_CREAT) != 0) {
    std::string name;
    const Pointer parent = ParentOf(path, name, err);
    if (!parent) return Fail(err);
    object = parent->entries[name] = NewObject(Object::kFile, "", parent);
    object->mode = mode & ~umask;
    object->changedMs = realMs;
    log.push_back(std::string("create ") + path);
  }
  if (!object) return Fail(err);
  if (object->type == Object::kLink) return Fail((flags & O_DIRECTORY) != 0 ? ENOTDIR : ELOOP);
  if ((flags & O_DIRECTORY) != 0 && object->type != Object::kDirectory) return Fail(ENOTDIR);
  const int fd = OpenFd(path);
  opened_[fd] = {object, path, 0};
  return fd;
}
int FakeFiles::Close(int fd) const {
  opened_.erase(fd);
  locked_.erase(fd);
  return FakeSyscalls::Close(fd);
}
ssize_t FakeFiles::Read(int fd, void* buffer, size_t length) const {
  Opened& file = opened_.at(fd);
  if (const int err = Faulty("read", file.path)) return Fail(err);
  if (file.object->gone) return Fail(ENODEV);
  if (file.object->type == Object::kDirectory) return Fail(EISDIR);
  const size_t given = std::min({length, mostRead, file.object->text.size() - file.at});
  std::memcpy(buffer, file.object->text.data() + file.at, given);
  file.at += given;
  return static_cast<ssize_t>(given);
}
ssize_t FakeFiles::Pread(int fd, void* buffer, size_t length, off_t offset) const {
  const Opened& file = opened_.at(fd);
  if (const int err = Faulty("pread", file.path)) return Fail(err);
  const size_t at = std::min(static_cast<size_t>(offset), file.object->text.size());
  const size_t given = std::min(length, file.object->text.size() - at);
  std::memcpy(buffer, file.object->text.data() + at, given);
  return static_cast<ssize_t>(given);
}
ssize_t FakeFiles::Write(int fd, const void* bytes, size_t length) const {
  Opened& file = opened_.at(fd);
  if (const int err = Faulty("write", file.path)) return err < 0 ? -err : Fail(err);
  if (file.object->gone) return Fail(ENODEV);
  file.object->text.append(static_cast<const char*>(bytes), length);
  log.push_back("write " + file.path);
  return static_cast<ssize_t>(length);
}
ssize_t FakeFiles::Readlinkat(int directory, const char* path, char* buffer, size_t length) const {
  if (const int err = Faulty("readlinkat", path)) return Fail(err);
  int err = 0;
  const Pointer object = Resolve(opened_.at(directory).object, path, false, err);
  if (!object) return Fail(err);
  if (object->type != Object::kLink) return Fail(EINVAL);
  const size_t given = std::min(length, object->text.size());
  std::memcpy(buffer, object->text.data(), given);
  return static_cast<ssize_t>(given);
}
ssize_t FakeFiles::Getdents64(int fd, void* buffer, size_t length) const {
  Opened& directory = opened_.at(fd);
  if (const int err = Faulty("getdents64", directory.path)) return Fail(err);
  if (directory.object->gone) return Fail(ENOENT);
  auto* out = static_cast<char*>(buffer);
  size_t filled = 0;
  size_t index = 0;
  // In reverse, because the order is not guaranteed. A few at a time, so that a reader must call again.
  for (auto entry = directory.object->entries.rbegin(); entry != directory.object->entries.rend(); ++entry, ++index) {
    if (index < directory.at) continue;
    const size_t record = (19 + entry->first.size() + 1 + 7) / 8 * 8;
    if (filled + record > std::min<size_t>(length, 128)) break;
    std::memset(out + filled, 0, record);
    const auto size = static_cast<uint16_t>(record);
    std::memcpy(out + filled + 16, &size, sizeof size);
    const auto type = entry->second->type;
    const int told = type == Object::kDirectory ? DT_DIR : type == Object::kLink ? DT_LNK : DT_REG;
    out[filled + 18] = static_cast<char>(unknownTypes ? DT_UNKNOWN : told);
    std::memcpy(out + filled + 19, entry->first.data(), entry->first.size());
    filled += record;
    ++directory.at;
  }
  return static_cast<ssize_t>(filled);
}
int FakeFiles::Rewind(int fd) const {
  Opened& directory = opened_.at(fd);
  if (const int err = Faulty("rewind", directory.path)) return Fail(err);
  directory.at = 0;
  return 0;
}
int FakeFiles::Fchmod(int fd, mode_t mode) const {
  const Opened& file = opened_.at(fd);
  if (const int err = Faulty("fchmod", file.path)) return Fail(err);
  file.object->mode = mode;
  return 0;
}
int FakeFiles::Fsync(int fd) const {
  const std::string& path = opened_.at(fd).path;
  if (const int err = Faulty("fsync", path)) return Fail(err);
  log.push_back("fsync " + path);
  return 0;
}
int FakeFiles::Ioctl(int fd, unsigned long, void*) const {
  const std::string& path = opened_.at(fd).path;
  if (const int err = Faulty("ioctl", path)) return Fail(err);
  log.push_back("ioctl " + path);
  return 0;
}
int FakeFiles::Flock(int fd, int) const {
  const Opened& opened = opened_.at(fd);
  if (const int err = Faulty("flock", opened.path)) return Fail(err);
  for (const auto& [other, at] : opened_) {
    if (other != fd && at.object == opened.object && locked_.count(other) > 0) return Fail(EWOULDBLOCK);
  }
  locked_.insert(fd);
  return 0;
}
int FakeFiles::Statx(int directory, const char* path, int, unsigned int, struct statx* answer) const {
  if (const int err = Faulty("statx", path)) return Fail(err);
  int err = 0;
  const Pointer from = directory == AT_FDCWD ? root_ : opened_.at(directory).object;
  const Pointer object = *path == 0 ? from : Resolve(from, path, true, err);
  if (!object) return Fail(err);
  constexpr int kMsPerSecond = 1000;
  answer->stx_ino = reinterpret_cast<uintptr_t>(object.get());
  answer->stx_mode = object->type == Object::kDirectory ? S_IFDIR : S_IFREG;
  answer->stx_size = object->text.size();
  answer->stx_ctime.tv_sec = object->changedMs / kMsPerSecond;
  answer->stx_ctime.tv_nsec = static_cast<uint32_t>(object->changedMs % kMsPerSecond * 1'000'000);
  return 0;
}
int FakeFiles::Mkdir(const char* path, mode_t mode) const {
  if (const int err = Faulty("mkdir", path)) return Fail(err);
  if (Exists(path)) return Fail(EEXIST);
  std::string name;
  int err = 0;
  const Pointer parent = ParentOf(path, name, err);
  if (!parent) return Fail(err);
  parent->entries[name] = NewObject(Object::kDirectory, "", parent);
  parent->entries[name]->mode = mode;
  log.push_back(std::string("mkdir ") + path);
  return 0;
}
int FakeFiles::Rmdir(const char* path) const {
  if (const int err = Faulty("rmdir", path)) return Fail(err);
  const Pointer object = Find(path);
  if (!object) return Fail(ENOENT);
  if (!object->entries.empty()) return Fail(ENOTEMPTY);
  std::string name;
  int err = 0;
  ParentOf(path, name, err)->entries.erase(name);
  log.push_back(std::string("rmdir ") + path);
  return 0;
}
int FakeFiles::Link(const char* from, const char* to) const {
  if (const int err = Faulty("link", to)) return Fail(err);
  if (!Exists(from)) return Fail(ENOENT);
  if (Exists(to)) return Fail(EEXIST);
  std::string name;
  int err = 0;
  ParentOf(to, name, err)->entries[name] = Find(from);
  log.push_back(std::string("link ") + to);
  return 0;
}
int FakeFiles::Unlink(const char* path) const {
  if (const int err = Faulty("unlink", path)) return Fail(err);
  std::string name;
  int err = 0;
  const Pointer parent = ParentOf(path, name, err);
  if (!parent || parent->entries.erase(name) == 0) return Fail(parent ? ENOENT : err);
  log.push_back(std::string("unlink ") + path);
  return 0;
}
int FakeFiles::Rename(const char* from, const char* to) const {
  if (const int err = Faulty("rename", from)) return Fail(err);
  std::string fromName;
  std::string toName;
  int err = 0;
  const Pointer fromParent = ParentOf(from, fromName, err);
  const Pointer toParent = ParentOf(to, toName, err);
  if (!fromParent || !toParent) return Fail(err);
  toParent->entries[toName] = fromParent->entries.at(fromName);
  fromParent->entries.erase(fromName);
  log.push_back(std::string("rename ") + to);
  return 0;
}

}  // namespace brickwork::test
