#include "core/read_files.h"

#include <fcntl.h>

#include <algorithm>

#include "core/byte_writer.h"
#include "core/unique_fd.h"

namespace brickwork {
namespace {

constexpr size_t kFirstRead = 4096;

// A directory of the path that is a file, or a process that has ended, are absence too. A device that was removed is not: ENODEV.
bool IsNoFile(int err) { return err == ENOENT || err == ENOTDIR || err == ESRCH; }

// The length of the text at the beginning of `scratch`.
Result<size_t> ReadWhole(const Syscalls& sys, int fd, const std::string& path, Bytes& scratch) {
  if (scratch.empty()) scratch.resize(kFirstRead);
  for (size_t filled = 0;;) {
    const ssize_t got = sys.Read(fd, scratch.data() + filled, scratch.size() - filled);
    if (got < 0) return LastError("read", path);
    if (got == 0) return filled;
    filled += static_cast<size_t>(got);
    if (filled > kWholeFileLimit) return SysError{EFBIG, "read", path};
    if (filled == scratch.size()) scratch.resize(std::min(filled * 2, kWholeFileLimit + 1));
  }
}

}  // namespace

Result<Bytes> ReadFiles(const Syscalls& sys, const std::vector<std::string>& paths) {
  ByteWriter out;
  Bytes scratch;
  for (const std::string& path : paths) {
    const UniqueFd fd(sys, sys.Openat(AT_FDCWD, path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0));
    if (!fd && !IsNoFile(errno)) return LastError("open", path);
    const auto length = fd ? ReadWhole(sys, fd.get(), path, scratch) : Result<size_t>(size_t{0});
    if (!length.ok() && !IsNoFile(length.error().err)) return length.error();
    const bool isThere = fd && length.ok();
    out.U8(isThere ? 1 : 0);
    out.U32(isThere ? length.value() : 0);
    if (isThere) out.Text(AsText(scratch).substr(0, length.value()));
  }
  return out.Take();
}

}  // namespace brickwork
