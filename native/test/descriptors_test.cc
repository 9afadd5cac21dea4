#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>

#include <functional>
#include <new>

#include "core/device_openers.h"
#include "core/job.h"
#include "core/lock_file.h"
#include "core/outcome.h"
#include "core/private_descriptors.h"
#include "test/check.h"
#include "test/fake_files.h"

namespace brickwork::test {
namespace {

class Table : public FakeFiles {
 public:
  bool hasCloseRange = true;
  int unshareErr = 0;
  mutable std::string calls;

  int CloseRange(unsigned int first, unsigned int last, unsigned int flags) const override {
    if (!hasCloseRange) return Fail(ENOSYS);
    calls += std::to_string(first) + "-" + (last == ~0U ? "" : std::to_string(last)) + (flags == CLOSE_RANGE_UNSHARE ? "! " : " ");
    return 0;
  }
  int Unshare(int flags) const override {
    CHECK_EQ(flags, CLONE_FILES);
    calls += "unshare ";
    return unshareErr != 0 ? Fail(unshareErr) : 0;
  }
  int Close(int fd) const override {
    if (fd < 100) {
      calls += "close" + std::to_string(fd) + " ";
      return 0;
    }
    return FakeFiles::Close(fd);
  }
  std::string Take(int keep) const {
    calls.clear();
    const auto taken = TakePrivateDescriptors(*this, keep);
    return taken.ok() ? calls : calls + "failed";
  }
};

TEST("descriptors: everything but 0 to 2 and what is kept, in a table of the thread's own") {
  Table sys;
  CHECK_EQ(sys.Take(-1), "3-! ");
  CHECK_EQ(sys.Take(7), "3-6! 8- ");
  CHECK_EQ(sys.Take(3), "4-! ");
  CHECK_EQ(sys.Take(4), "3-3! 5- ");
}

TEST("descriptors: one by one without close_range, never before the table is the thread's own") {
  Table sys;
  sys.hasCloseRange = false;
  for (const char* fd : {"0", "1", "2", "3", "9", "12"}) sys.SymbolicLink(std::string("/proc/thread-self/fd/") + fd, "x");
  CHECK_EQ(sys.Take(9), "unshare close3 close12 ");
  sys.unshareErr = EPERM;
  CHECK_EQ(sys.Take(9), "unshare failed");
}

class Processes : public FakeFiles {
 public:
  int Statx(int directory, const char* path, int flags, unsigned int, struct statx* answer) const override {
    CHECK((flags & AT_STATX_DONT_SYNC) != 0);
    int err = 0;
    const Pointer object = Resolve(opened_.at(directory).object, path, true, err);
    if (!object) return Fail(err);
    const bool block = object->text.find(':') != std::string::npos;
    const bool character = block && object->text.at(0) == 'c';
    answer->stx_mode = static_cast<uint16_t>(character ? S_IFCHR : block ? S_IFBLK : S_IFREG);
    if (block) answer->stx_rdev_major = static_cast<uint32_t>(std::stoi(object->text.substr(character ? 1 : 0)));
    if (block) answer->stx_rdev_minor = static_cast<uint32_t>(std::stoi(object->text.substr(object->text.find(':') + 1)));
    return 0;
  }
};

TEST("openers: each descriptor once, of block and character devices, whatever path was opened; who could not be looked into is counted") {
  Processes sys;
  sys.File("/dev/sda", "8:0");
  sys.File("/dev/sdb", "8:16");
  sys.File("/var/file", "");
  sys.File("/dev/sg0", "c8:0");
  sys.File("/dev/sg1", "c21:1");
  sys.SymbolicLink("/proc/3/fd/3", "/dev/sg1");
  sys.SymbolicLink("/proc/3/fd/4", "/dev/sg0");
  sys.SymbolicLink("/proc/20/fd/0", "socket:[1]");
  sys.SymbolicLink("/proc/20/fd/3", "/dev/sdb");
  sys.SymbolicLink("/proc/20/fd/4", "/dev/sdb");
  sys.SymbolicLink("/proc/20/fd/5", "/dev/sda");
  sys.SymbolicLink("/proc/3/fd/1", "/dev/sda");
  sys.SymbolicLink("/proc/3/fd/2", "/var/file");
  sys.Directory("/proc/4/fd");
  sys.Directory("/proc/5");
  sys.SymbolicLink("/proc/7/fd/0", "/dev/sda");
  sys.File("/proc/uptime", "");
  sys.SymbolicLink("/proc/self", "20");
  sys.faults["openat 7/fd"] = EACCES;
  const auto found = FindOpeners(sys, "/proc", {{{8, 0}, {8, 16}}, {{21, 1}}});
  std::string told;
  for (const Opener& opener : found.value().openers) told += std::to_string(opener.pid) + (opener.character ? "=c" : "=") + FormatDeviceNumber(opener.device) + " ";
  CHECK_EQ(told, "3=8:0 3=c21:1 20=8:0 20=8:16 20=8:16 ");
  CHECK_EQ(found.value().unseen, size_t{1});
  CHECK(FindOpeners(sys, "/proc", {{{8, 32}}, {}}).value().openers.empty());
}

TEST("openers: device numbers") {
  CHECK_EQ(FormatDeviceNumber(*ParseDeviceNumber("259:12")), "259:12");
  for (const char* wrong : {"", "8", ":", "8:", ":8", "8:0x", "a:1", "-1:2", "8:1 ", "99999999999:1"}) CHECK(!ParseDeviceNumber(wrong));
}

TEST("lock file: held by another is an answer") {
  FakeFiles sys;
  sys.Directory("/run");
  const int fd = OpenLockFile(sys, "/run/lock").value();
  CHECK_EQ(sys.Find("/run/lock")->mode, mode_t{0600});
  CHECK_EQ(TryLock(sys, fd).value(), true);
  NoteHolder(sys, fd, Bytes{'p', 'i', 'd'});
  CHECK_EQ(sys.Find("/run/lock")->text, "pid");
  sys.faults["write /run/lock"] = ENOSPC;
  NoteHolder(sys, fd, Bytes{'?'});
  sys.faults["flock /run/lock"] = EWOULDBLOCK;
  CHECK_EQ(TryLock(sys, fd).value(), false);
  sys.faults["flock /run/lock"] = ENOLCK;
  CHECK_EQ(TryLock(sys, fd).error().err, ENOLCK);
  sys.Close(fd);
  sys.SymbolicLink("/run/link", "/etc/passwd");
  CHECK_EQ(OpenLockFile(sys, "/run/link").error().err, ELOOP);
}

TEST("outcome: memory that runs out is an answer") {
  Outcome<int> outcome;
  CHECK_EQ(outcome.error().err, ENOMEM);
  outcome.Make([]() -> Result<int> { throw std::bad_alloc(); });
  CHECK(!outcome.ok());
  CHECK_EQ(outcome.error().err, ENOMEM);
  outcome.Make([]() -> Result<int> { return 7; });
  CHECK_EQ(outcome.value(), 7);
  outcome.Make([]() -> Result<int> { return SysError{EIO, "read", "/x"}; });
  CHECK_EQ(outcome.error().path, "/x");
}

class Numbered : public Job {
 public:
  explicit Numbered(int n) : number(n) {}
  void Run() noexcept override {}
  const int number;
};

TEST("job queue: first in, first out, and a long one goes without recursion") {
  JobQueue queue;
  for (int i = 0; i < 3; ++i) queue.Push(std::make_unique<Numbered>(i));
  JobQueue moved = std::move(queue);
  for (int i = 0; i < 3; ++i) CHECK_EQ(static_cast<Numbered&>(*moved.Pop()).number, i);
  CHECK(!moved.Pop());
  moved.Push(std::make_unique<Numbered>(4));
  CHECK_EQ(moved.size(), size_t{1});
  JobQueue longOne;
  for (int i = 0; i < 1'000'000; ++i) longOne.Push(std::make_unique<Numbered>(i));
}

}  // namespace
}  // namespace brickwork::test
