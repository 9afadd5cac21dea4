// The result of a core function: a value, or the system call that failed.
#pragma once

#include <cerrno>
#include <string>
#include <utility>
#include <variant>

namespace brickwork {

struct SysError {
  int err;              // positive errno
  const char* syscall;  // a literal
  std::string path;     // the object of the call
};

// For functions without a result value.
struct Done {};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : content_(std::move(value)) {}         // NOLINT: implicit conversion intended
  Result(SysError error) : content_(std::move(error)) {}  // NOLINT: implicit conversion intended

  bool ok() const { return content_.index() == 0; }
  T& value() { return std::get<0>(content_); }
  const T& value() const { return std::get<0>(content_); }
  const SysError& error() const { return std::get<1>(content_); }

 private:
  std::variant<T, SysError> content_;
};

// Takes the current errno: call it immediately after the system call.
inline SysError LastError(const char* syscall, std::string path) {
  const int err = errno;
  return SysError{err, syscall, std::move(path)};
}

// The object does not exist (any more). sysfs returns ENODEV for an attribute whose device is removed between open and read. /proc returns
// ESRCH for a process that has just ended.
inline bool IsAbsence(int err) { return err == ENOENT || err == ENODEV || err == ENOTDIR || err == ESRCH; }

}  // namespace brickwork
