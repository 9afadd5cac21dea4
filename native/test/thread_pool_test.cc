// Tests of the thread pool on the real machine. They are also built with ThreadSanitizer.
#include <thread>

#include "core/real_syscalls.h"
#include "core/thread_pool.h"
#include "test/check.h"
#include "test/waiting.h"

namespace brickwork::test {
namespace {

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

}  // namespace
}  // namespace brickwork::test
