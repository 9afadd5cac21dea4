#include "core/block_device.h"

#include <fcntl.h>
#include <linux/fs.h>

#include <cerrno>
#include <cstdlib>
#include <limits>
#include <memory>

namespace brickwork {
namespace {

// O_DIRECT needs memory aligned to the logical block size, which is at most a page.
constexpr size_t kAlignment = 4096;

#ifndef BLKGETDISKSEQ
#define BLKGETDISKSEQ _IOR(0x12, 128, __u64)  // include/uapi/linux/fs.h since 5.15
#endif

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

Result<AccessChange> SetReadOnly(const Syscalls& sys, const std::string& node, bool readOnly, uint64_t diskseq) {
  const UniqueFd fd(sys, sys.Openat(AT_FDCWD, node.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0));
  if (!fd) {
    const int err = LastError("openat", node).err;
    if (IsAbsence(err) || err == ENXIO) return AccessChange::kGone;
    return SysError{err, "openat", node};
  }
  uint64_t found = 0;
  if (diskseq != 0 && sys.Ioctl(fd.get(), BLKGETDISKSEQ, &found) != 0) {
    const SysError error = LastError("ioctl(BLKGETDISKSEQ)", node);
    if (error.err != ENOTTY) return error;  // kernels before 5.15 have no disk sequence numbers
    found = diskseq;
  }
  if (found != diskseq) return AccessChange::kGone;
  int is = 0;
  if (sys.Ioctl(fd.get(), BLKROGET, &is) != 0) return LastError("ioctl(BLKROGET)", node);
  if ((is != 0) == readOnly) return AccessChange::kUnchanged;
  int wanted = readOnly ? 1 : 0;
  if (sys.Ioctl(fd.get(), BLKROSET, &wanted) != 0) return LastError("ioctl(BLKROSET)", node);
  return AccessChange::kChanged;
}

}  // namespace brickwork
