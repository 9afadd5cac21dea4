#pragma once

#include <condition_variable>
#include <mutex>

namespace brickwork {

// Says that a thread has its own table of descriptors: from then on the descriptor of that number may be closed by others.
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
