#include "core/changed_files.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <vector>

#include "core/byte_writer.h"
#include "core/directory_entries.h"
#include "core/file_system.h"
#include "core/small_file.h"
#include "core/unique_fd.h"

namespace brickwork {
namespace {

// Identifies a file and its last change. A file without a stamp must be read again.
using Stamp = std::array<uint8_t, 36>;

struct Known {
  std::string name;
  std::optional<Stamp> stamp;
};

enum Status : uint8_t { kRead = 0, kGone = 1, kNotRead = 2 };

bool EndsWith(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() && text.substr(text.size() - suffix.size()) == suffix;
}

bool ByName(const Known& one, const Known& other) { return one.name < other.name; }

// state := entry*; entry := u16 length of name, name, u8 known, stamp if known is 1
std::optional<std::vector<Known>> ParseState(const Bytes& state) {
  std::vector<Known> all;
  for (size_t at = 0; at < state.size();) {
    if (state.size() - at < 2) return std::nullopt;
    const size_t length = state[at] | static_cast<size_t>(state[at + 1]) << 8;
    at += 2;
    if (state.size() - at < length + 1) return std::nullopt;
    Known known{std::string(AsText(state).substr(at, length)), std::nullopt};
    at += length;
    if (state[at++] == 1) {
      if (state.size() - at < sizeof(Stamp)) return std::nullopt;
      known.stamp.emplace();
      std::memcpy(known.stamp->data(), state.data() + at, sizeof(Stamp));
      at += sizeof(Stamp);
    }
    if (!all.empty() && !ByName(all.back(), known)) return std::nullopt;
    all.push_back(std::move(known));
  }
  return all;
}

Stamp StampOf(const struct statx& file) {
  Stamp stamp;
  uint8_t* at = stamp.data();
  const auto put = [&at](const auto& value) {
    std::memcpy(at, &value, sizeof value);
    at += sizeof value;
  };
  put(file.stx_dev_major);
  put(file.stx_dev_minor);
  put(file.stx_ino);
  put(file.stx_size);
  put(file.stx_ctime.tv_sec);
  put(file.stx_ctime.tv_nsec);
  return stamp;
}

bool IsSettled(const struct statx& file, int64_t nowMs) {
  const int64_t nowSeconds = nowMs / 1000;
  // Compares seconds first, so that an absurd time does not overflow.
  if (file.stx_ctime.tv_sec < nowSeconds - 1) return true;
  if (file.stx_ctime.tv_sec > nowSeconds) return false;
  return nowMs - (file.stx_ctime.tv_sec * 1000 + file.stx_ctime.tv_nsec / 1'000'000) >= kUnsettledMs;
}

class Changes {
 public:
  Changes(const Syscalls& sys, std::vector<Known> known) : sys_(sys), known_(std::move(known)), nowMs_(sys.RealtimeMs()) {}

  void Look(int directory, const FileSystemTraits& traits, const std::string& name) {
    struct statx file {};
    if (sys_.Statx(directory, name.c_str(), 0, STATX_TYPE | STATX_INO | STATX_SIZE | STATX_CTIME, &file) != 0) {
      if (!IsAbsence(errno)) NotRead(name, errno);
      return;
    }
    if (!S_ISREG(file.stx_mode)) return NotRead(name, EINVAL);
    const Stamp stamp = StampOf(file);
    const Known* const known = Find(name);
    if (known != nullptr && known->stamp == stamp) return Remember(name, stamp);
    const AttributeText read = ReadAttribute(sys_, directory, name.c_str(), scratch_, traits.shortReadIsEnd);
    if (read.err != 0) {
      if (!IsAbsence(read.err)) NotRead(name, read.err);
      return;
    }
    Tell(name, kRead, read.text);
    Remember(name, IsSettled(file, nowMs_) ? std::optional(stamp) : std::nullopt);
  }

  Bytes Take() {
    // `seen_` is sorted, because the names were visited in order.
    for (const Known& known : known_) {
      if (!std::binary_search(seen_.begin(), seen_.end(), known.name)) Tell(known.name, kGone, {});
    }
    ByteWriter out;
    const Bytes state = state_.Take();
    out.U32(state.size());
    out.Text(AsText(state));
    out.U32(count_);
    out.Text(AsText(files_.Take()));
    return out.Take();
  }

 private:
  const Known* Find(const std::string& name) const {
    const auto found = std::lower_bound(known_.begin(), known_.end(), Known{name, std::nullopt}, ByName);
    return found != known_.end() && found->name == name ? &*found : nullptr;
  }
  void Remember(const std::string& name, const std::optional<Stamp>& stamp) {
    seen_.push_back(name);
    state_.U16(name.size());
    state_.Text(name);
    state_.U8(stamp ? 1 : 0);
    if (stamp) state_.Text({reinterpret_cast<const char*>(stamp->data()), stamp->size()});
  }
  void NotRead(const std::string& name, int err) {
    ByteWriter number;
    number.U32(static_cast<size_t>(err));
    Tell(name, kNotRead, AsText(number.Take()));
    Remember(name, std::nullopt);
  }
  void Tell(const std::string& name, Status status, std::string_view content) {
    files_.U16(name.size());
    files_.Text(name);
    files_.U8(status);
    files_.U32(content.size());
    files_.Text(content);
    ++count_;
  }

  const Syscalls& sys_;
  const std::vector<Known> known_;
  const int64_t nowMs_;  // the time before the first file was visited
  std::vector<std::string> seen_;
  ByteWriter state_;
  ByteWriter files_;
  size_t count_ = 0;
  Bytes scratch_;
};

}  // namespace

Result<Bytes> ReadChangedFiles(const Syscalls& sys, const std::string& directory, const std::string& suffix, const Bytes& state) {
  auto known = ParseState(state);
  if (!known) return SysError{EINVAL, "state", directory};
  Changes changes(sys, std::move(*known));
  const UniqueFd fd(sys, sys.Openat(AT_FDCWD, directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0));
  if (!fd && IsAbsence(errno)) return changes.Take();
  if (!fd) return LastError("openat", directory);
  const FileSystemTraits traits = TraitsOf(sys, fd.get());
  const auto entries = ReadAllEntries(sys, fd.get(), directory, traits.listsAll);
  if (!entries.ok()) return entries.error();
  std::vector<std::string> names;
  for (const DirectoryEntry& entry : entries.value()) {
    if (EndsWith(entry.name, suffix)) names.push_back(entry.name);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  for (const std::string& name : names) changes.Look(fd.get(), traits, name);
  return changes.Take();
}

}  // namespace brickwork
