#pragma once

#include <condition_variable>
#include <mutex>

namespace brickwork {

// Signals that a thread has its own descriptor table. From then on other threads may close the descriptor of the same number.
class Latch {
 public:
  void Open() {
    const std::lock_guard<std::mutex> guard(mutex_);
    open_ = true;
    opened_.notify_all();
  }
  void Wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    opened_.wait(lock, [&] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool open_ = false;
};

}  // namespace brickwork
