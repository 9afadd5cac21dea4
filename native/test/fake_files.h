#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "test/fake_syscalls.h"

namespace brickwork::test {

// Files in memory. A handle stays with its object, as in sysfs. After the object is removed every access through the handle fails with
// ENOENT (or ENODEV for an open attribute), even if the name exists again.
class FakeFiles : public FakeSyscalls {
 public:
  struct Object {
    enum Type { kDirectory, kFile, kLink } type;
    std::string text;  // content, or target of the link
    mode_t mode = 0;
    int64_t changedMs = 0;
    std::map<std::string, std::shared_ptr<Object>> entries;
    std::weak_ptr<Object> parent;
    bool gone = false;
  };
  using Pointer = std::shared_ptr<Object>;

  FakeFiles();

  // Building the tree
  void Directory(const std::string& path);
  void File(const std::string& path, const std::string& text);
  void SymbolicLink(const std::string& path, const std::string& target);
  void Vanish(const std::string& path);
  // `call path` fails with this errno from now on; the path is spelled as in the call.
  std::map<std::string, int> faults;
  // Called before each call with `call path`.
  std::function<void(const std::string&)> before;
  size_t mostRead = 4096;  // a read returns at most this: a page, as in sysfs
  mode_t umask = 0022;
  bool unknownTypes = false;  // getdents64 returns no types

  // Inspecting the tree
  std::string TextOf(const std::string& path) const;
  bool Exists(const std::string& path) const;
  Pointer Find(const std::string& path) const;
  std::vector<std::string> ListOf(const std::string& path) const;
  mutable std::vector<std::string> log;  // calls that change something, in order

  int Openat(int directory, const char* path, int flags, mode_t mode) const override;
  int Close(int fd) const override;
  ssize_t Read(int fd, void* buffer, size_t length) const override;
  ssize_t Pread(int fd, void* buffer, size_t length, off_t offset) const override;
  ssize_t Write(int fd, const void* bytes, size_t length) const override;
  ssize_t Readlinkat(int directory, const char* path, char* buffer, size_t length) const override;
  ssize_t Getdents64(int fd, void* buffer, size_t length) const override;
  int Rewind(int fd) const override;
  int Fchmod(int fd, mode_t mode) const override;
  int Fsync(int fd) const override;
  int Ioctl(int fd, unsigned long request, void*) const override;
  int Flock(int fd, int operation) const override;
  int Statx(int directory, const char* path, int flags, unsigned int mask, struct statx* answer) const override;
  int Mkdir(const char* path, mode_t mode) const override;
  int Rmdir(const char* path) const override;
  int Link(const char* from, const char* to) const override;
  int Unlink(const char* path) const override;
  int Rename(const char* from, const char* to) const override;

 protected:
  struct Opened {
    Pointer object;
    std::string path;
    size_t at;
  };
  int Faulty(const std::string& call, const std::string& path) const;
  Pointer Resolve(Pointer from, const std::string& path, bool followLast, int& err, int depth = 0) const;
  Pointer ParentOf(const std::string& path, std::string& name, int& err) const;
  mutable std::map<int, Opened> opened_;
  mutable std::set<int> locked_;

 private:
  static Pointer NewObject(Object::Type type, const std::string& text, const Pointer& parent);
  Pointer Make(const std::string& path, Object::Type type, const std::string& text);
  Pointer root_;
};

}  // namespace brickwork::test
