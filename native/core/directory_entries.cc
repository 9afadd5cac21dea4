#include "core/directory_entries.h"

#include <dirent.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace brickwork {
namespace {

// struct linux_dirent64, by offset: u64 inode, s64 offset, u16 length of the record, u8 type, name with its NUL.
constexpr size_t kRecordLengthAt = 16;
constexpr size_t kTypeAt = 18;
constexpr size_t kNameAt = 19;

DirectoryEntry::Kind KindOf(unsigned char type) {
  switch (type) {
    case DT_DIR:
      return DirectoryEntry::Kind::kDirectory;
    case DT_LNK:
      return DirectoryEntry::Kind::kLink;
    case DT_UNKNOWN:
      return DirectoryEntry::Kind::kUnknown;
    default:
      return DirectoryEntry::Kind::kOther;
  }
}

// When many entries change, no two listings may agree. To be missing from the result, an entry must be missing from all of them.
constexpr int kMostListings = 5;

bool SameNames(const std::vector<DirectoryEntry>& one, const std::vector<DirectoryEntry>& other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [](const DirectoryEntry& a, const DirectoryEntry& b) { return a.name == b.name; });
}

}  // namespace

Result<std::vector<DirectoryEntry>> ReadEntries(const Syscalls& sys, int directory, const std::string& path) {
  std::vector<DirectoryEntry> entries;
  alignas(8) char buffer[32 * 1024];
  for (;;) {
    const ssize_t got = sys.Getdents64(directory, buffer, sizeof buffer);
    if (got < 0 && IsAbsence(errno)) return entries;
    if (got < 0) return LastError("getdents64", path);
    if (got == 0) return entries;
    const size_t filled = static_cast<size_t>(got);
    for (size_t at = 0; at + kNameAt < filled;) {
      uint16_t length = 0;
      std::memcpy(&length, buffer + at + kRecordLengthAt, sizeof length);
      if (length <= kNameAt || length > filled - at) return SysError{EIO, "getdents64", path};
      std::string name(buffer + at + kNameAt, ::strnlen(buffer + at + kNameAt, length - kNameAt));
      if (name != "." && name != "..") entries.push_back({std::move(name), KindOf(static_cast<unsigned char>(buffer[at + kTypeAt]))});
      at += length;
    }
  }
}

Result<std::vector<DirectoryEntry>> ReadAllEntries(const Syscalls& sys, int directory, const std::string& path, bool listsAll) {
  auto last = ReadEntries(sys, directory, path);
  if (!last.ok() || last.value().empty() || listsAll) return last;
  std::vector<DirectoryEntry> all = last.value();
  for (int listings = 1; listings < kMostListings; ++listings) {
    if (sys.Rewind(directory) < 0) return LastError("lseek", path);
    auto again = ReadEntries(sys, directory, path);
    if (!again.ok() || SameNames(last.value(), again.value())) return again;
    all.insert(all.end(), again.value().begin(), again.value().end());
    last = std::move(again);
  }
  return all;
}

}  // namespace brickwork
