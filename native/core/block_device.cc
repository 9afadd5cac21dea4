#include "core/block_device.h"

#include <fcntl.h>
#include <linux/fs.h>

#include <cstdlib>
#include <limits>
#include <memory>

namespace brickwork {
namespace {

// O_DIRECT wants memory at a multiple of the logical block size, which is a page at most.
constexpr size_t kAlignment = 4096;

}  // namespace

Result<UniqueFd> OpenExclusively(const Syscalls& sys, const std::string& node) {
  UniqueFd fd(sys, sys.Openat(AT_FDCWD, node.c_str(), O_RDONLY | O_EXCL | O_NONBLOCK | O_CLOEXEC, 0));
  if (!fd) return LastError("openat", node);
  return fd;
}

Result<Done> FlushDevice(const Syscalls& sys, const std::string& node) {
  const UniqueFd fd(sys, sys.Openat(AT_FDCWD, node.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0));
  if (!fd) return LastError("openat", node);
  if (sys.Fsync(fd.get()) != 0) return LastError("fsync", node);
  if (sys.Ioctl(fd.get(), BLKFLSBUF, nullptr) != 0) return LastError("ioctl(BLKFLSBUF)", node);
  return Done{};
}

Result<Bytes> ReadDirect(const Syscalls& sys, const std::string& node, uint64_t offset, size_t length) {
  if (offset > static_cast<uint64_t>(std::numeric_limits<off_t>::max())) return SysError{EINVAL, "pread", node};
  const UniqueFd fd(sys, sys.Openat(AT_FDCWD, node.c_str(), O_RDONLY | O_DIRECT | O_NONBLOCK | O_CLOEXEC, 0));
  if (!fd) return LastError("openat", node);
  const size_t rounded = (length + kAlignment - 1) / kAlignment * kAlignment;
  const std::unique_ptr<uint8_t, decltype(&std::free)> buffer(static_cast<uint8_t*>(std::aligned_alloc(kAlignment, rounded)), &std::free);
  if (!buffer) return SysError{ENOMEM, "allocate", node};
  const ssize_t got = sys.Pread(fd.get(), buffer.get(), length, static_cast<off_t>(offset));
  if (got < 0) return LastError("pread", node);
  return Bytes(buffer.get(), buffer.get() + got);
}

}  // namespace brickwork
