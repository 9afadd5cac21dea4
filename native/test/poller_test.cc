// Tests of the poller on the real machine. They are also built with ThreadSanitizer.
#include <sys/eventfd.h>

#include <thread>

#include "core/poller.h"
#include "core/real_syscalls.h"
#include "test/check.h"
#include "test/waiting.h"

namespace brickwork::test {
namespace {

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

}  // namespace
}  // namespace brickwork::test
