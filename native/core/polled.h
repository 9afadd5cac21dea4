#pragma once

#include <new>
#include <optional>
#include <utility>

#include "core/sys_error.h"
#include "core/unique_fd.h"

namespace brickwork {

// A call that waits for a descriptor or a time, in steps that never block. Between steps a poller holds it, and it occupies no thread.
class Polled {
 public:
  struct Wait {
    int fd;  // -1: waits only for the time
    short events;
    int64_t untilMs;  // by the monotonic clock
  };
  virtual ~Polled() = default;
  // Runs the next step. `ready`: the descriptor is ready, or the call begins; false: the time has come. Returns what to wait for next, or
  // nothing when the call has its answer.
  virtual std::optional<Wait> Advance(bool ready) = 0;
  // Sets this failure as the answer.
  virtual void Fail(SysError error) = 0;
  // Closes the call's descriptors, after it has its answer or was abandoned. Runs on a thread that shares the table in which they were
  // opened.
  virtual void Close() = 0;
};

template <typename T>
class PolledCall : public Polled {
 public:
  explicit PolledCall(const Syscalls& sys) : sys_(sys), fd_(sys, -1) {}
  void Fail(SysError error) final { answer_.emplace(std::move(error)); }
  void Close() final { fd_.Reset(); }
  // Only for a call that has ended. Without memory for an answer there is none.
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
