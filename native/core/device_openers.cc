#include "core/device_openers.h"

#include <fcntl.h>

#include <algorithm>
#include <charconv>

#include "core/directory_entries.h"
#include "core/unique_fd.h"

namespace brickwork {
namespace {

template <typename T>
std::optional<T> ParseWhole(const char* begin, const char* end) {
  T number{};
  const auto parsed = std::from_chars(begin, end, number);
  if (begin == end || parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  return number;
}

enum class Look { kSeen, kRefused };

// Adds the devices that one process has open, one entry for each descriptor.
Look LookInto(const Syscalls& sys, int descriptors, const std::string& path, int32_t pid, const DeviceNumbers& wanted,
              std::vector<Opener>& found) {
  const auto entries = ReadEntries(sys, descriptors, path);
  if (!entries.ok()) return Look::kRefused;
  for (const DirectoryEntry& entry : entries.value()) {
    char first = 0;
    // Sockets, pipes and similar links are not paths.
    if (sys.Readlinkat(descriptors, entry.name.c_str(), &first, 1) < 1) {
      if (errno == EACCES || errno == EPERM) return Look::kRefused;
      continue;
    }
    if (first != '/') continue;
    // Cached attributes are enough: a file of a dead server must not block this call.
    struct statx status {};
    if (sys.Statx(descriptors, entry.name.c_str(), AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_TYPE, &status) != 0) continue;
    const DeviceNumber device{status.stx_rdev_major, status.stx_rdev_minor};
    const bool character = S_ISCHR(status.stx_mode);
    if (!character && !S_ISBLK(status.stx_mode)) continue;
    if ((character ? wanted.character : wanted.block).count(device) != 0) found.push_back({pid, device, character});
  }
  return Look::kSeen;
}

}  // namespace

std::optional<DeviceNumber> ParseDeviceNumber(const std::string& text) {
  const char* const end = text.data() + text.size();
  const char* const colon = std::find(text.data(), end, ':');
  if (colon == end) return std::nullopt;
  const auto major = ParseWhole<uint32_t>(text.data(), colon);
  const auto minor = ParseWhole<uint32_t>(colon + 1, end);
  if (!major || !minor) return std::nullopt;
  return DeviceNumber{*major, *minor};
}

std::string FormatDeviceNumber(const DeviceNumber& number) { return std::to_string(number.major) + ":" + std::to_string(number.minor); }

Result<Openers> FindOpeners(const Syscalls& sys, const std::string& proc, const DeviceNumbers& devices) {
  const UniqueFd root(sys, sys.Openat(AT_FDCWD, proc.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0));
  if (!root) return LastError("openat", proc);
  const auto entries = ReadEntries(sys, root.get(), proc);
  if (!entries.ok()) return entries.error();

  Openers answer{{}, 0};
  for (const DirectoryEntry& entry : entries.value()) {
    const auto pid = ParseWhole<int32_t>(entry.name.data(), entry.name.data() + entry.name.size());
    if (!pid) continue;
    const std::string path = entry.name + "/fd";
    const UniqueFd descriptors(sys, sys.Openat(root.get(), path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0));
    if (!descriptors && IsAbsence(errno)) continue;
    if (!descriptors || LookInto(sys, descriptors.get(), path, *pid, devices, answer.openers) == Look::kRefused) ++answer.unseen;
  }
  const auto inOrder = [](const Opener& a, const Opener& b) {
    if (a.pid != b.pid) return a.pid < b.pid;
    return a.character != b.character ? b.character : a.device < b.device;
  };
  std::stable_sort(answer.openers.begin(), answer.openers.end(), inOrder);
  return answer;
}

}  // namespace brickwork
