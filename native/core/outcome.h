#pragma once

#include <functional>
#include <optional>

#include "core/sys_error.h"

namespace brickwork {

// Runs `work` and always has a result, even without memory, so that every promise is settled.
template <typename T>
class Outcome {
 public:
  void Make(const std::function<Result<T>()>& work) noexcept {
    try {
      result_.emplace(work());
    } catch (...) {
      result_.reset();
    }
  }
  bool ok() const { return result_ && result_->ok(); }
  T& value() { return result_->value(); }
  // Built on request: an error holds text, and there may have been no memory for it earlier.
  SysError error() const { return result_ ? result_->error() : SysError{ENOMEM, "allocate", {}}; }

 private:
  std::optional<Result<T>> result_;
};

}  // namespace brickwork
