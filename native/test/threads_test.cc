// What is about threads, over the real machine: also built with ThreadSanitizer.
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "core/native_thread.h"
#include "core/private_descriptors.h"
#include "core/real_syscalls.h"
#include "core/thread_pool.h"
#include "core/uevent_listener.h"
#include "test/check.h"

namespace brickwork::test {
namespace {

using std::chrono::milliseconds;

void Sleep(int ms) { std::this_thread::sleep_for(milliseconds(ms)); }
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
  std::atomic<bool> open{false};  // jobs end when it is
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

struct Pool {
  explicit Pool(PoolLimits limits = {{2, 4, 3}, 10'000}) {
    pool = std::make_shared<ThreadPool>(RealSyscalls(), limits, [seen = watch](std::unique_ptr<Job>) { ++seen->finished; });
  }
  ~Pool() {
    watch->open = true;
    pool->Shutdown();
    Eventually([&] { return pool->stats().threads == 0; });
  }
  void Submit(Lane lane, const std::string& key, const std::string& name = "") {
    CHECK_EQ(pool->Submit(lane, key, std::make_unique<Waiting>(watch, name)), 0);
  }
  bool Finishes(int count) {
    watch->open = true;
    return Eventually([&] { return watch->finished == count; });
  }
  std::shared_ptr<Watch> watch = std::make_shared<Watch>();
  std::shared_ptr<ThreadPool> pool;
};

TEST("pool: jobs of one key run one after another, in their order") {
  Pool p;
  for (int i = 0; i < 20; ++i) p.Submit(Lane::kWrite, "host4", std::to_string(i));
  CHECK(Eventually([&] { return p.watch->running == 1; }));
  Sleep(30);
  CHECK_EQ(p.watch->most.load(), 1);
  CHECK_EQ(p.pool->stats().threads, size_t{1});
  CHECK_EQ(p.pool->stats().queued, size_t{19});
  CHECK(p.Finishes(20));
  CHECK_EQ(p.watch->most.load(), 1);
  for (int i = 0; i < 20; ++i) CHECK_EQ(p.watch->order[static_cast<size_t>(i)], std::to_string(i));
}

TEST("pool: other keys go on side by side while one is slow") {
  Pool p;
  p.Submit(Lane::kWrite, "slow");
  p.Submit(Lane::kWrite, "slow");
  p.Submit(Lane::kWrite, "a");
  p.Submit(Lane::kWrite, "b");
  CHECK(Eventually([&] { return p.watch->running == 3; }));
  CHECK(p.Finishes(4));
  CHECK_EQ(p.watch->most.load(), 3);
}

TEST("pool: never more threads than a lane has, and other lanes are not kept waiting") {
  Pool p;
  for (int i = 0; i < 64; ++i) p.Submit(Lane::kWait, "");
  CHECK(Eventually([&] { return p.watch->running == 3; }));
  Sleep(30);
  CHECK_EQ(p.pool->stats().threads, size_t{3});
  CHECK_EQ(p.pool->stats().busy, size_t{3});
  CHECK_EQ(p.pool->stats().queued, size_t{61});
  for (int i = 0; i < 64; ++i) p.Submit(Lane::kWrite, "key" + std::to_string(i));
  for (int i = 0; i < 64; ++i) p.Submit(Lane::kRead, "");
  CHECK(Eventually([&] { return p.watch->running == 9; }));
  CHECK_EQ(p.pool->stats().threads, size_t{9});
  CHECK(p.Finishes(192));
  CHECK_EQ(p.watch->most.load(), 9);
  CHECK_EQ(p.pool->stats().busy, size_t{0});
}

TEST("pool: a thread is used again, and ends when there is nothing to do") {
  Pool p({{2, 4, 3}, 50});
  p.watch->open = true;
  for (int i = 1; i <= 5; ++i) {
    p.Submit(Lane::kRead, "");
    CHECK(Eventually([&] { return p.watch->finished == i; }));
  }
  CHECK_EQ(p.pool->stats().threads, size_t{1});
  CHECK(Eventually([&] { return p.pool->stats().threads == 0; }));
  p.Submit(Lane::kRead, "");
  CHECK(Eventually([&] { return p.watch->finished == 6; }));
}

TEST("pool: a shutdown drops what has not begun and waits for nobody") {
  Pool p;
  p.Submit(Lane::kWrite, "k");
  p.Submit(Lane::kWrite, "k");
  for (int i = 0; i < 10; ++i) p.Submit(Lane::kRead, "");
  CHECK(Eventually([&] { return p.watch->running == 3; }));
  p.pool->Shutdown();
  CHECK_EQ(p.watch->destroyed.load(), 9);
  CHECK_EQ(p.pool->Submit(Lane::kRead, "", std::make_unique<Waiting>(p.watch, "")), ECANCELED);
  CHECK(p.Finishes(3));
  CHECK(Eventually([&] { return p.watch->destroyed == 13; }));
  CHECK(Eventually([&] { return p.pool->stats().threads == 0; }));
}

TEST("pool: many short jobs from several threads") {
  Pool p({{4, 4, 4}, 1});
  p.watch->open = true;
  std::vector<std::thread> submitters;
  for (int t = 0; t < 4; ++t) {
    submitters.emplace_back([&, t] {
      for (int i = 0; i < 250; ++i) p.Submit(static_cast<Lane>(i % 3), i % 2 == 0 ? "" : "key" + std::to_string(t));
    });
  }
  for (std::thread& submitter : submitters) submitter.join();
  CHECK(p.Finishes(1000));
}

// Runs `body` on one of our threads and waits for it.
void OnThread(std::function<void()> body) {
  std::atomic<bool> done{false};
  CHECK_EQ(StartThread([&] {
             body();
             done = true;
           }),
           0);
  CHECK(Eventually([&] { return done.load(); }));
}

TEST("thread: no signal is delivered to ours") {
  std::atomic<bool> blocked{false};
  OnThread([&] {
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    blocked = sigismember(&mask, SIGCHLD) == 1 && sigismember(&mask, SIGTERM) == 1 && sigismember(&mask, SIGPROF) == 1 &&
              sigismember(&mask, SIGSEGV) == 0;
  });
  CHECK(blocked.load());
  sigset_t own;
  pthread_sigmask(SIG_SETMASK, nullptr, &own);
  CHECK_EQ(sigismember(&own, SIGTERM), 0);
}

TEST("thread: one that takes its own descriptors keeps no lock of the process") {
  char path[] = "/tmp/brickwork-test-XXXXXX";
  const int fd = ::mkstemp(path);
  ::unlink(path);
  CHECK_EQ(::flock(fd, LOCK_EX | LOCK_NB), 0);
  const std::string name = "/proc/self/fd/" + std::to_string(fd);
  const int second = ::open(name.c_str(), O_RDWR);
  CHECK(second >= 0);
  std::atomic<bool> closed{false}, kept{false}, end{false};
  CHECK_EQ(StartThread([&] {
             (void)TakePrivateDescriptors(RealSyscalls(), second);
             kept = ::fcntl(second, F_GETFD) >= 0;
             closed = ::fcntl(fd, F_GETFD) == -1;
             while (!end) Sleep(1);
           }),
           0);
  CHECK(Eventually([&] { return closed.load(); }));
  CHECK(kept.load());
  ::close(fd);
  // The thread is still there, with its copy of the other descriptors; the lock is free all the same.
  CHECK_EQ(::flock(second, LOCK_EX | LOCK_NB), 0);
  end = true;
  ::close(second);
  Sleep(20);
}

struct Events : UeventReceiver {
  std::atomic<int> bound{0}, failed{0}, messages{0};
  std::shared_ptr<std::atomic<int>> ended = std::make_shared<std::atomic<int>>(0);
  ~Events() override { ++*ended; }
  void Bound(Result<Done> result) override { ++(result.ok() ? bound : failed); }
  void Received(std::vector<Bytes> batch) override { messages += static_cast<int>(batch.size()); }
};

TEST("listener: binds, ends when its handle goes, and leaves no descriptor") {
  const auto count = [] {
    int open = 0;
    for (int fd = 0; fd < 256; ++fd) open += ::fcntl(fd, F_GETFD) >= 0 ? 1 : 0;
    return open;
  };
  const int before = count();
  for (int i = 0; i < 20; ++i) {
    auto events = std::make_shared<Events>();
    const auto ended = events->ended;
    auto listener = UeventListener::Start(RealSyscalls(), {3, {}}, events);
    CHECK(listener.ok());
    if (i % 2 == 0) CHECK(Eventually([&] { return events->bound == 1; }));
    events.reset();
    listener.value().reset();
    CHECK(Eventually([&] { return *ended == 1; }));
  }
  CHECK_EQ(count(), before);
}

TEST("listener: a namespace that is not there is told") {
  auto events = std::make_shared<Events>();
  const auto listener = UeventListener::Start(RealSyscalls(), {3, "/proc/self/ns/none"}, events);
  CHECK(listener.ok());
  CHECK(Eventually([&] { return events->failed == 1; }));
}

TEST("listener: receives what the kernel says") {
  const int fd = ::open("/sys/class/mem/null/uevent", O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;  // only root makes events
  auto events = std::make_shared<Events>();
  const auto listener = UeventListener::Start(RealSyscalls(), {1, {}}, events);
  CHECK(Eventually([&] { return events->bound == 1; }));
  CHECK_EQ(::write(fd, "change", 6), ssize_t{6});
  CHECK(Eventually([&] { return events->messages >= 1; }));
  ::close(fd);
}

}  // namespace
}  // namespace brickwork::test
