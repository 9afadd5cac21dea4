#include "core/small_file.h"

#include <fcntl.h>

#include "core/unique_fd.h"

namespace brickwork {
namespace {

// The size of the smallest page. A file of sysfs returns at most a page at a time, whatever it is asked for.
constexpr size_t kPage = 4096;

}  // namespace

AttributeText ReadAttribute(const Syscalls& sys, int directory, const char* path, Bytes& scratch, bool shortReadIsEnd) {
  UniqueFd fd(sys, sys.Openat(directory, path, O_RDONLY | O_CLOEXEC | O_NOCTTY, 0));
  if (!fd) return {errno, "openat", {}};
  if (scratch.empty()) scratch.resize(kPage);  // enough for nearly every attribute in one read
  size_t filled = 0;
  for (;;) {
    const size_t room = scratch.size() - filled;
    const ssize_t got = sys.Read(fd.get(), scratch.data() + filled, room);
    if (got < 0) return {errno, "read", {}};
    filled += static_cast<size_t>(got);
    if (filled > kAttributeLimit) return {EFBIG, "read", {}};
    if (got == 0 || (shortReadIsEnd && filled < kPage)) break;
    // Reads one byte beyond the limit, to distinguish a file of exactly that size from a longer one.
    if (filled == scratch.size()) scratch.resize(filled < kAttributeLimit ? kAttributeLimit + 1 : filled + 1);
  }
  return {0, nullptr, AsText(scratch).substr(0, filled)};
}

Result<Bytes> ReadAttribute(const Syscalls& sys, int directory, const std::string& path) {
  Bytes bytes;
  const auto [err, syscall, text] = ReadAttribute(sys, directory, path.c_str(), bytes);
  if (err != 0) return SysError{err, syscall, path};
  bytes.resize(text.size());
  return bytes;
}

std::string_view TrimNewline(std::string_view text) {
  if (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  return text;
}

}  // namespace brickwork
