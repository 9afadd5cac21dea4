// Tests of threads on the real machine. They are also built with ThreadSanitizer.
#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "core/native_thread.h"
#include "core/poller.h"
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

struct Pool {
  explicit Pool(PoolLimits limits = {{2, 1, 1, 4, 3}, 2, 10'000}) {
    pool = std::make_shared<ThreadPool>(RealSyscalls(), limits, [seen = watch](std::unique_ptr<Job>) { ++seen->finished; });
  }
  ~Pool() {
    watch->open = true;
    pool->Shutdown();
    Eventually([&] { return pool->stats().threads == 0; });
  }
  void Submit(Lane lane, const std::string& key, const std::string& name = "", uint64_t id = 0) {
    CHECK_EQ(pool->Submit(lane, key, id, std::make_unique<Waiting>(watch, name)), 0);
  }
  LaneStats Of(Lane lane) const { return pool->stats().lanes[static_cast<size_t>(lane)]; }
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
  CHECK_EQ(p.Of(Lane::kWrite).queued, size_t{19});
  CHECK_EQ(p.Of(Lane::kWrite).waited, size_t{0});
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
  for (int i = 0; i < 64; ++i) p.Submit(Lane::kMapper, "");
  CHECK(Eventually([&] { return p.watch->running == 3; }));
  Sleep(30);
  CHECK_EQ(p.pool->stats().threads, size_t{3});
  CHECK_EQ(p.Of(Lane::kMapper).busy, size_t{3});
  CHECK_EQ(p.Of(Lane::kMapper).queued, size_t{61});
  CHECK_EQ(p.Of(Lane::kMapper).waited, size_t{61});
  for (int i = 0; i < 64; ++i) p.Submit(Lane::kWrite, "key" + std::to_string(i));
  for (int i = 0; i < 64; ++i) p.Submit(Lane::kRead, "");
  CHECK(Eventually([&] { return p.watch->running == 9; }));
  CHECK_EQ(p.pool->stats().threads, size_t{9});
  CHECK(p.Finishes(192));
  CHECK_EQ(p.watch->most.load(), 9);
  CHECK_EQ(p.Of(Lane::kMapper).busy, size_t{0});
}

TEST("pool: a thread is used again, and ends when there is nothing to do") {
  Pool p({{2, 1, 1, 4, 3}, 2, 50});
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
  CHECK_EQ(p.pool->Submit(Lane::kRead, "", 0, std::make_unique<Waiting>(p.watch, "")), ECANCELED);
  CHECK(p.Finishes(3));
  CHECK(Eventually([&] { return p.watch->destroyed == 13; }));
  CHECK(Eventually([&] { return p.pool->stats().threads == 0; }));
}

TEST("pool: many short jobs from several threads") {
  Pool p({{4, 4, 4, 4, 4}, 2, 1});
  p.watch->open = true;
  std::vector<std::thread> submitters;
  for (int t = 0; t < 4; ++t) {
    submitters.emplace_back([&, t] {
      for (int i = 0; i < 250; ++i) p.Submit(static_cast<Lane>(i % 5), i % 2 == 0 ? "" : "key" + std::to_string(t));
    });
  }
  for (std::thread& submitter : submitters) submitter.join();
  CHECK(p.Finishes(1000));
}

TEST("pool: an abandoned job that has not begun is dropped, whatever it waits for") {
  Pool p;
  p.Submit(Lane::kRead, "");
  p.Submit(Lane::kRead, "k", "", 1);
  p.Submit(Lane::kRead, "k", "", 2);
  p.Submit(Lane::kRead, "k", "", 3);
  p.Submit(Lane::kRead, "", "", 4);
  CHECK(Eventually([&] { return p.watch->running == 2; }));
  p.pool->Abandon(2);  // waits for its key
  p.pool->Abandon(4);  // waits for a place
  p.pool->Abandon(4);
  p.pool->Abandon(99);
  CHECK_EQ(p.watch->destroyed.load(), 2);
  CHECK_EQ(p.Of(Lane::kRead).queued, size_t{1});
  CHECK(p.Finishes(3));
  CHECK_EQ(p.Of(Lane::kRead).queued, size_t{0});
}

TEST("pool: the key of a dropped job goes to the next") {
  Pool p({{1, 1, 1, 1, 1}, 2, 10'000});
  p.Submit(Lane::kRead, "");
  p.Submit(Lane::kRead, "k", "", 1);
  p.Submit(Lane::kRead, "k", "", 2);
  CHECK(Eventually([&] { return p.watch->running == 1; }));
  p.pool->Abandon(1);
  CHECK(p.Finishes(2));
}

TEST("pool: an abandoned job that runs frees its place and keeps its key; only so many are parked") {
  Pool p;
  for (uint64_t id = 1; id <= 3; ++id) p.Submit(Lane::kMapper, "sick" + std::to_string(id), "", id);
  CHECK(Eventually([&] { return p.watch->running == 3; }));
  p.Submit(Lane::kMapper, "sick1");
  p.Submit(Lane::kMapper, "well1");
  p.Submit(Lane::kMapper, "well2");
  CHECK_EQ(p.Of(Lane::kMapper).waited, size_t{2});
  p.pool->Abandon(1);
  CHECK(Eventually([&] { return p.watch->running == 4; }));
  p.pool->Abandon(2);
  CHECK(Eventually([&] { return p.watch->running == 5; }));
  CHECK_EQ(p.Of(Lane::kMapper).parked, size_t{2});
  CHECK_EQ(p.Of(Lane::kMapper).busy, size_t{3});
  p.pool->Abandon(3);  // there is no place to park
  p.Submit(Lane::kMapper, "well3");
  Sleep(30);
  CHECK_EQ(p.watch->running.load(), 5);
  CHECK(p.Finishes(7));
  CHECK_EQ(p.Of(Lane::kMapper).parked, size_t{0});
}

// Waits for its own eventfd, which its first step creates and nothing ever writes.
class Mute final : public PolledCall<int> {
 public:
  Mute(std::shared_ptr<Watch> watch, bool blocks = false) : PolledCall(RealSyscalls()), watch_(std::move(watch)), blocks_(blocks) {}
  std::optional<Wait> Advance(bool ready) override {
    if (fd_ || ready == false) return Answer(ready ? 0 : ETIMEDOUT);
    ++watch_->running;
    while (blocks_ && !watch_->open) Sleep(1);
    fd_ = UniqueFd(sys_, sys_.Eventfd(watch_->open && !blocks_ ? 1 : 0, EFD_CLOEXEC));
    return Wait{fd_.get(), POLLIN, sys_.MonotonicMs() + 60'000};
  }

 private:
  const std::shared_ptr<Watch> watch_;
  const bool blocks_;
};

struct Polling {
  explicit Polling(FirstStep first, size_t limit = 100) {
    poller = std::make_shared<Poller>(RealSyscalls(), first, limit, [seen = watch](std::unique_ptr<Job>) { ++seen->finished; });
  }
  ~Polling() {
    watch->open = true;
    poller->Shutdown();
    Eventually([&] { return poller.use_count() == 1; });
  }
  void Submit(uint64_t id, const std::string& key = {}, bool blocks = false) {
    CHECK_EQ(poller->Submit(id, key, std::make_shared<Mute>(watch, blocks), std::make_unique<Waiting>(jobs, "")), 0);
  }
  std::shared_ptr<Watch> watch = std::make_shared<Watch>();
  std::shared_ptr<Watch> jobs = Opened();
  std::shared_ptr<Poller> poller;

  static std::shared_ptr<Watch> Opened() {
    auto watch = std::make_shared<Watch>();
    watch->open = true;
    return watch;
  }
};

TEST("poller: a thousand calls that nobody answers keep one thread, and one that is answered waits for none of them") {
  Polling p(FirstStep::kAtOnce, 2000);
  for (uint64_t id = 1; id <= 1000; ++id) p.Submit(id);
  CHECK(Eventually([&] { return p.watch->running == 1000; }));
  CHECK_EQ(p.poller->stats().threads, size_t{1});
  CHECK_EQ(p.poller->stats().open, size_t{1000});
  p.watch->open = true;
  p.Submit(0);
  CHECK(Eventually([&] { return p.watch->finished == 1; }));
  CHECK_EQ(p.poller->stats().waited, size_t{0});
}

TEST("poller: an abandoned call is closed and its place free; its job is dropped") {
  Polling p(FirstStep::kAtOnce, 2);
  for (uint64_t id = 1; id <= 4; ++id) p.Submit(id);
  CHECK(Eventually([&] { return p.watch->running == 2; }));
  CHECK_EQ(p.poller->stats().waited, size_t{2});
  p.poller->Abandon(4);  // not begun
  CHECK_EQ(p.poller->stats().queued, size_t{1});
  p.poller->Abandon(1);
  CHECK(Eventually([&] { return p.watch->running == 3 && p.poller->stats().open == 2; }));
  p.poller->Abandon(2);
  p.poller->Abandon(3);
  CHECK(Eventually([&] { return p.poller->stats().open == 0 && p.jobs->destroyed == 4; }));
  CHECK_EQ(p.watch->finished.load(), 0);
}

TEST("poller: a first step that the kernel keeps stops no other; its key waits for it") {
  Polling p(FirstStep::kOnThread);
  p.Submit(1, "/dev/sg1", true);
  p.Submit(2, "/dev/sg1", true);
  p.Submit(3, "/dev/sg2");
  CHECK(Eventually([&] { return p.watch->running == 2 && p.poller->stats().threads == 2; }));
  CHECK_EQ(p.poller->stats().queued, size_t{1});
  p.poller->Abandon(1);
  p.poller->Abandon(2);
  p.poller->Abandon(3);
  CHECK(Eventually([&] { return p.poller->stats().open == 1; }));  // blocked in the kernel
  p.watch->open = true;
  CHECK(Eventually([&] { return p.poller->stats().open == 0 && p.poller->stats().threads == 1; }));
  p.Submit(4, "/dev/sg1");
  CHECK(Eventually([&] { return p.watch->finished == 1; }));
}

TEST("poller: a shutdown drops everything, also what the kernel keeps, and waits for nobody") {
  Polling p(FirstStep::kOnThread);
  p.Submit(1, "a", true);
  p.Submit(2, "b");
  p.Submit(3, "a");
  CHECK(Eventually([&] { return p.watch->running == 2; }));
  p.poller->Shutdown();
  CHECK_EQ(p.poller->Submit(4, {}, std::make_shared<Mute>(p.watch), std::make_unique<Waiting>(p.jobs, "")), ECANCELED);
  p.poller->Abandon(1);
  p.watch->open = true;
  CHECK(Eventually([&] { return p.jobs->destroyed == 4; }));
  CHECK_EQ(p.watch->finished.load(), 0);
}

TEST("poller: calls and their ends from several threads") {
  Polling p(FirstStep::kAtOnce, 50);
  std::atomic<uint64_t> next{1};
  std::vector<std::thread> callers;
  for (int t = 0; t < 4; ++t) {
    callers.emplace_back([&] {
      for (int i = 0; i < 250; ++i) {
        const uint64_t id = next++;
        p.Submit(id);
        if (i % 3 == 0) Sleep(1);
        p.poller->Abandon(id);
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(Eventually([&] { return p.jobs->destroyed == 1000 && p.poller->stats().open == 0; }));
}

// Runs `body` on a native thread and waits for it.
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
  // The thread still exists, with its copy of the other descriptors, but the lock is free.
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
  if (fd < 0) return;  // only root can trigger events
  auto events = std::make_shared<Events>();
  const auto listener = UeventListener::Start(RealSyscalls(), {1, {}}, events);
  CHECK(Eventually([&] { return events->bound == 1; }));
  CHECK_EQ(::write(fd, "change", 6), ssize_t{6});
  CHECK(Eventually([&] { return events->messages >= 1; }));
  ::close(fd);
}

}  // namespace
}  // namespace brickwork::test
