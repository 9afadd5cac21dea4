#include "core/small_file.h"

#include <fcntl.h>

#include "core/unique_fd.h"

namespace brickwork {

Result<std::string_view> ReadAttribute(const Syscalls& sys, int directory, const std::string& path, Bytes& scratch) {
  UniqueFd fd(sys, sys.Openat(directory, path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY, 0));
  if (!fd) return LastError("openat", path);
  if (scratch.empty()) scratch.resize(4096);  // one page: enough for nearly every attribute in one read
  size_t filled = 0;
  for (;;) {
    const ssize_t got = sys.Read(fd.get(), scratch.data() + filled, scratch.size() - filled);
    if (got < 0) return LastError("read", path);
    if (got == 0) break;
    filled += static_cast<size_t>(got);
    if (filled > kAttributeLimit) return SysError{EFBIG, "read", path};
    // Reads one byte beyond the limit, to distinguish a file of exactly that size from a longer one.
    if (filled == scratch.size()) scratch.resize(filled < kAttributeLimit ? kAttributeLimit + 1 : filled + 1);
  }
  return AsText(scratch).substr(0, filled);
}

Result<Bytes> ReadAttribute(const Syscalls& sys, int directory, const std::string& path) {
  Bytes bytes;
  const auto read = ReadAttribute(sys, directory, path, bytes);
  if (!read.ok()) return read.error();
  bytes.resize(read.value().size());
  return bytes;
}

std::string_view TrimNewline(std::string_view text) {
  if (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  return text;
}

}  // namespace brickwork
