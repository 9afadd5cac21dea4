#include "core/record_lock.h"

#include <fcntl.h>

#include <utility>

#include "core/deadline.h"
#include "core/unique_fd.h"

namespace brickwork {
namespace {

constexpr int kLookAgainMs = 10;

// The directory and `lock`, as iscsiadm makes them when it is the first.
Result<Done> Prepare(const Syscalls& sys, const std::string& directory, const std::string& lock) {
  if (sys.Mkdir(directory.c_str(), 0770) != 0 && errno != EEXIST) return LastError("mkdir", directory);
  const UniqueFd fd(sys, sys.Openat(AT_FDCWD, lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600));
  if (!fd) return LastError("openat", lock);
  return Done{};
}

}  // namespace

Result<std::unique_ptr<RecordLock>> RecordLock::Take(const Syscalls& sys, const std::string& directory, int timeoutMs) {
  const Deadline deadline(sys, timeoutMs);
  const std::string lock = directory + "/lock";
  // Made before the link: nothing may fail between having the lock and knowing it.
  auto taken = std::make_unique<RecordLock>(sys, std::string{});
  std::string link = directory + "/lock.write";
  for (;;) {
    const auto prepared = Prepare(sys, directory, lock);
    if (!prepared.ok()) return prepared.error();
    if (sys.Link(lock.c_str(), link.c_str()) == 0) {
      taken->link_ = std::move(link);
      return taken;
    }
    // ENOENT: somebody removed `lock` in between; it is made again.
    if (errno != EEXIST && errno != ENOENT) return LastError("link", link);
    if (!deadline.Sleep(kLookAgainMs)) return std::unique_ptr<RecordLock>{};
  }
}

RecordLock::~RecordLock() { (void)Drop(); }

Result<Done> RecordLock::Drop() {
  const std::string link = std::exchange(link_, {});
  if (!link.empty() && sys_.Unlink(link.c_str()) != 0) return LastError("unlink", link);
  return Done{};
}

}  // namespace brickwork
