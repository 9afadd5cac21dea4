// Shared by the tests of threads: waiting for a condition, and jobs that end when a test says so.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/thread_pool.h"

namespace brickwork::test {

inline void Sleep(int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }
template <typename Condition>
bool Eventually(Condition condition) {
  for (int i = 0; i < 2000; ++i) {
    if (condition()) return true;
    Sleep(5);
  }
  return false;
}

struct Watch {
  std::atomic<int> running{0}, most{0}, finished{0}, destroyed{0};
  std::atomic<bool> open{false};  // jobs end when this is true
  std::mutex mutex;
  std::vector<std::string> order;
};

class Waiting : public Job {
 public:
  Waiting(std::shared_ptr<Watch> watch, std::string name) : watch_(std::move(watch)), name_(std::move(name)) {}
  ~Waiting() override { ++watch_->destroyed; }
  void Run() noexcept override {
    const int now = ++watch_->running;
    for (int most = watch_->most; now > most && !watch_->most.compare_exchange_weak(most, now);) {
    }
    while (!watch_->open) Sleep(1);
    --watch_->running;
    const std::lock_guard<std::mutex> guard(watch_->mutex);
    watch_->order.push_back(name_);
  }

 private:
  const std::shared_ptr<Watch> watch_;
  const std::string name_;
};

}  // namespace brickwork::test
