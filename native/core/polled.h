#pragma once

#include <new>
#include <optional>
#include <utility>

#include "core/sys_error.h"
#include "core/unique_fd.h"

namespace brickwork {

// A call that waits for a descriptor or a moment, in steps that never wait themselves: between them a poller has it, and it keeps no thread.
class Polled {
 public:
  struct Wait {
    int fd;  // -1: only the moment is waited for
    short events;
    int64_t untilMs;  // of the monotonic clock
  };
  virtual ~Polled() = default;
  // The next step. `ready`: what it waited for has come (or it begins); else its moment has. What to wait for next, or nothing when it has
  // its answer.
  virtual std::optional<Wait> Advance(bool ready) = 0;
  // The answer is this failure.
  virtual void Fail(SysError error) = 0;
  // Closes what it has open: whoever waited has gone, or it has its answer. On a thread that shares the table which it was opened in.
  virtual void Close() = 0;
};

template <typename T>
class PolledCall : public Polled {
 public:
  explicit PolledCall(const Syscalls& sys) : sys_(sys), fd_(sys, -1) {}
  void Fail(SysError error) final { answer_.emplace(std::move(error)); }
  void Close() final { fd_.Reset(); }
  // Of a call that has ended. Without memory for an answer there is none.
  Result<T> TakeAnswer() {
    if (!answer_) throw std::bad_alloc();
    return std::move(*answer_);
  }

 protected:
  std::optional<Wait> Answer(Result<T> answer) {
    answer_.emplace(std::move(answer));
    return std::nullopt;
  }

  const Syscalls& sys_;
  UniqueFd fd_;

 private:
  std::optional<Result<T>> answer_;
};

}  // namespace brickwork
