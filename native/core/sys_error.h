// What a core function answers: a value, or the system call that failed.
#pragma once

#include <cerrno>
#include <string>
#include <utility>
#include <variant>

namespace brickwork {

struct SysError {
  int err;              // positive errno
  const char* syscall;  // a literal
  std::string path;     // what the call was about
};

// For functions that answer nothing.
struct Done {};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : content_(std::move(value)) {}         // NOLINT: meant to convert
  Result(SysError error) : content_(std::move(error)) {}  // NOLINT: meant to convert

  bool ok() const { return content_.index() == 0; }
  T& value() { return std::get<0>(content_); }
  const T& value() const { return std::get<0>(content_); }
  const SysError& error() const { return std::get<1>(content_); }

 private:
  std::variant<T, SysError> content_;
};

// Takes errno as it is now: call it right after the system call.
inline SysError LastError(const char* syscall, std::string path) {
  const int err = errno;
  return SysError{err, syscall, std::move(path)};
}

// The object is not (or no longer) there. sysfs says ENODEV for an attribute whose device goes away between open and read, and /proc ESRCH
// for a process that ends meanwhile.
inline bool IsAbsence(int err) { return err == ENOENT || err == ENODEV || err == ENOTDIR || err == ESRCH; }

}  // namespace brickwork
