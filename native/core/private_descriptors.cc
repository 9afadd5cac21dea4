#include "core/private_descriptors.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>

#include <charconv>

#include "core/directory_entries.h"
#include "core/unique_fd.h"

namespace brickwork {
namespace {

constexpr unsigned int kFirst = 3;
constexpr unsigned int kLast = ~0U;

// For kernels and sandboxes without close_range: copies the whole table and closes its descriptors one by one.
Result<Done> CopyAndClose(const Syscalls& sys, int keep) {
  if (sys.Unshare(CLONE_FILES) != 0) return LastError("unshare", {});
  const std::string path = "/proc/thread-self/fd";
  const UniqueFd directory(sys, sys.Openat(AT_FDCWD, path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0));
  if (!directory) return LastError("openat", path);
  const auto entries = ReadEntries(sys, directory.get(), path);
  if (!entries.ok()) return entries.error();
  for (const DirectoryEntry& entry : entries.value()) {
    int fd = -1;
    std::from_chars(entry.name.data(), entry.name.data() + entry.name.size(), fd);
    if (fd >= static_cast<int>(kFirst) && fd != keep && fd != directory.get()) sys.Close(fd);
  }
  return Done{};
}

}  // namespace

Result<Done> TakePrivateDescriptors(const Syscalls& sys, int keep) {
  const bool keeps = keep >= static_cast<int>(kFirst);
  const auto kept = static_cast<unsigned int>(keep);
  // close_range fails with EINVAL for an empty range. If `keep` is 3, only the second call is needed.
  if (keeps && kept > kFirst) {
    if (sys.CloseRange(kFirst, kept - 1, CLOSE_RANGE_UNSHARE) != 0) return CopyAndClose(sys, keep);
    if (sys.CloseRange(kept + 1, kLast, 0) != 0) return LastError("close_range", {});
    return Done{};
  }
  if (sys.CloseRange(keeps ? kept + 1 : kFirst, kLast, CLOSE_RANGE_UNSHARE) != 0) return CopyAndClose(sys, keep);
  return Done{};
}

}  // namespace brickwork
