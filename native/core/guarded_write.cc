#include "core/guarded_write.h"

#include <fcntl.h>

#include "core/small_file.h"
#include "core/unique_fd.h"

namespace brickwork {
namespace {

Result<WriteOutcome> GoneOr(SysError error) {
  if (IsAbsence(error.err)) return WriteOutcome{WriteOutcome::kGone, {}, {}};
  return error;
}

}  // namespace

Result<WriteOutcome> WriteGuarded(const Syscalls& sys, const WriteRequest& request) {
  const auto pathOf = [&](const std::string& attribute) { return request.directory + "/" + attribute; };
  const UniqueFd directory(sys, sys.Openat(AT_FDCWD, request.directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC, 0));
  if (!directory) return GoneOr(LastError("openat", request.directory));

  for (const WriteGuard& guard : request.guards) {
    const auto read = ReadAttribute(sys, directory.get(), guard.attribute);
    if (!read.ok()) return GoneOr(SysError{read.error().err, read.error().syscall, pathOf(guard.attribute)});
    const std::string_view found = TrimNewline(AsText(read.value()));
    const std::string_view compared = guard.prefix ? found.substr(0, guard.equals.size()) : found;
    if (compared != AsText(guard.equals)) {
      return WriteOutcome{WriteOutcome::kChanged, guard.attribute, Bytes(found.begin(), found.end())};
    }
  }

  const UniqueFd attribute(sys, sys.Openat(directory.get(), request.attribute.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY, 0));
  if (!attribute) return GoneOr(LastError("openat", pathOf(request.attribute)));
  const ssize_t written = sys.Write(attribute.get(), request.value.data(), request.value.size());
  if (written < 0) return GoneOr(LastError("write", pathOf(request.attribute)));
  // A store function takes a value as a whole. A partial write is an error.
  if (static_cast<size_t>(written) != request.value.size()) return SysError{EIO, "write", pathOf(request.attribute)};
  return WriteOutcome{WriteOutcome::kWritten, {}, {}};
}

}  // namespace brickwork
