#include "core/fabrics.h"

#include <fcntl.h>
#include <sched.h>

#include <charconv>

#include "core/deadline.h"

namespace brickwork {
namespace {

constexpr size_t kOptionsLimit = 16 * 1024;
constexpr int64_t kStillThereMs = 10;
// Longer than the shutdown of a controller takes whose target does not answer (drivers/nvme/host/core.c, shutdown_timeout: 5 s).
constexpr int64_t kDeletionMs = 30'000;

Result<Done> EnterNamespace(const Syscalls& sys, const std::string& netns) {
  if (netns.empty()) return Done{};
  const UniqueFd target(sys, sys.Openat(AT_FDCWD, netns.c_str(), O_RDONLY | O_CLOEXEC, 0));
  if (!target) return LastError("openat", netns);
  if (sys.Setns(target.get(), CLONE_NEWNET) != 0) return LastError("setns", netns);
  return Done{};
}

}  // namespace

std::optional<uint32_t> ParseInstance(std::string_view answer) {
  constexpr std::string_view kPrefix = "instance=";
  if (answer.substr(0, kPrefix.size()) != kPrefix) return std::nullopt;
  answer.remove_prefix(kPrefix.size());
  uint32_t instance = 0;
  const auto [end, error] = std::from_chars(answer.data(), answer.data() + answer.size(), instance);
  if (error != std::errc{} || end == answer.data() + answer.size() || *end != ',') return std::nullopt;
  return instance;
}

Result<FabricsConnection> ConnectFabrics(const Syscalls& sys, const FabricsRequest& request) {
  const auto entered = EnterNamespace(sys, request.netns);
  if (!entered.ok()) return entered.error();
  const UniqueFd fabrics(sys, sys.Openat(AT_FDCWD, request.node.c_str(), O_RDWR | O_CLOEXEC, 0));
  if (!fabrics) return LastError("openat", request.node);
  const ssize_t written = sys.Write(fabrics.get(), request.options.data(), request.options.size());
  if (written < 0) return FabricsConnection{errno, 0, UniqueFd(sys, -1)};
  char answer[64];
  const ssize_t got = sys.Read(fabrics.get(), answer, sizeof answer);
  if (got < 0) return LastError("read", request.node);
  const auto instance = ParseInstance(std::string_view(answer, static_cast<size_t>(got)));
  if (!instance) return SysError{EPROTO, "read", request.node};
  const std::string path = request.controllers + "/nvme" + std::to_string(*instance);
  UniqueFd directory(sys, sys.Openat(AT_FDCWD, path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC, 0));
  if (!directory && !IsAbsence(errno)) return LastError("openat", path);
  return FabricsConnection{0, *instance, std::move(directory)};
}

Result<std::optional<Bytes>> ReadFabricsOptions(const Syscalls& sys, const std::string& node) {
  const UniqueFd fabrics(sys, sys.Openat(AT_FDCWD, node.c_str(), O_RDWR | O_CLOEXEC, 0));
  if (!fabrics) return LastError("openat", node);
  Bytes text(kOptionsLimit);
  size_t filled = 0;
  for (;;) {
    const ssize_t got = sys.Read(fabrics.get(), text.data() + filled, text.size() - filled);
    if (got < 0 && errno == EINVAL && filled == 0) return std::optional<Bytes>{};
    if (got < 0) return LastError("read", node);
    filled += static_cast<size_t>(got);
    if (filled == text.size()) return SysError{EFBIG, "read", node};
    if (got > 0) continue;
    text.resize(filled);
    return std::optional<Bytes>(std::move(text));
  }
}

Result<Deletion> DeleteController(const Syscalls& sys, int directory) {
  {
    const UniqueFd attribute(sys, sys.Openat(directory, "delete_controller", O_WRONLY | O_CLOEXEC, 0));
    if (!attribute && IsAbsence(errno)) return Deletion::kGone;
    if (!attribute) return LastError("openat", "delete_controller");
    if (sys.Write(attribute.get(), "1", 1) < 0) {
      if (IsAbsence(errno)) return Deletion::kGone;
      return LastError("write", "delete_controller");
    }
  }
  // The write returns at once if another program deletes the controller already.
  const Deadline deadline(sys, kDeletionMs);
  while (UniqueFd(sys, sys.Openat(directory, "state", O_RDONLY | O_CLOEXEC, 0))) {
    if (!deadline.Sleep(kStillThereMs)) return SysError{ETIMEDOUT, "delete_controller", {}};
  }
  return Deletion::kDeleted;
}

}  // namespace brickwork
