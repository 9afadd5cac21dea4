// Tests of the conductor on the real machine. They are also built with ThreadSanitizer.
#include "core/conductor.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "core/real_syscalls.h"
#include "test/check.h"
#include "test/waiting.h"

namespace brickwork::test {
namespace {

const TreePlan kEntries{{}, {}, {{"sd*", false, {{}, {}, {}}}}};

struct Lists {
  Lists() {
    char name[] = "/tmp/brickwork-conductor-XXXXXX";
    folder = mkdtemp(name);
    const auto finish = [seen = watch](std::unique_ptr<Job> job) {
      if (!job->HandsOver()) ++seen->finished;
    };
    pool = std::make_shared<ThreadPool>(RealSyscalls(), PoolLimits{{2, 1, 1, 4, 3}, 2, 10'000}, finish);
    poller = std::make_shared<Poller>(RealSyscalls(), FirstStep::kAtOnce, 100, finish);
    uevents = std::make_shared<UeventWatchers>();
    conductor = std::make_shared<Conductor>(Conductor::Parts{RealSyscalls(), pool, poller, uevents}, finish);
    watch->open = true;
  }
  ~Lists() {
    conductor->Shutdown();
    pool->Shutdown();
    poller->Shutdown();
    Eventually([&] { return pool->stats().threads == 0 && conductor.use_count() == 1 && poller.use_count() <= 2; });
    std::system(("rm -rf " + folder).c_str());
  }
  std::shared_ptr<JobRun> Submit(uint64_t id, std::vector<JobStep> steps) {
    auto run = std::make_shared<JobRun>(RealSyscalls(), std::move(steps));
    CHECK_EQ(conductor->Submit(id, run, std::make_unique<Waiting>(watch, std::to_string(id))), 0);
    return run;
  }
  JobStep Flock(const std::string& name) const { return FlockStep{folder + "/locks/" + name, {}}; }
  JobStep Replace(const std::string& name) const { return ReplaceStep{folder + "/" + name, folder + "/." + name, {}, 0600}; }
  JobStep Await(const std::string& component, const std::string& entry, int timeoutMs) const {
    return AwaitTreeStep{{folder, kEntries}, {{component, "", ""}}, {{{entry}, {}, {}, false}}, timeoutMs};
  }
  bool IsFree(const std::string& name) const {
    const int fd = open((folder + "/locks/" + name).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    const bool isFree = flock(fd, LOCK_EX | LOCK_NB) == 0;
    close(fd);
    return isFree;
  }
  bool Exists(const std::string& name) const { return access((folder + "/" + name).c_str(), F_OK) == 0; }
  void Make(const std::string& name) const { CHECK_EQ(mkdir((folder + "/" + name).c_str(), 0700), 0); }
  void Happen(const std::string& component) const {
    const std::string text = std::string("\1") + "ACTION=add" + '\0' + "DEVPATH=/devices/" + component + '\0';
    uevents->See({Bytes(text.begin(), text.end())});
  }
  size_t busy() const {
    size_t sum = 0;
    for (const LaneStats& lane : pool->stats().lanes) sum += lane.busy + lane.queued;
    return sum;
  }

  std::string folder;
  std::shared_ptr<Watch> watch = std::make_shared<Watch>();
  std::shared_ptr<ThreadPool> pool;
  std::shared_ptr<Poller> poller;
  std::shared_ptr<UeventWatchers> uevents;
  std::shared_ptr<Conductor> conductor;
};

TEST("conductor: a hundred lists that wait occupy no thread, and an event continues those that it names") {
  Lists l;
  for (uint64_t id = 1; id <= 100; ++id) {
    l.Submit(id, {l.Await(id <= 2 ? "host1" : "host2", "sda", 60'000), l.Replace("a" + std::to_string(id))});
  }
  l.Submit(101, {l.Replace("alone")});
  CHECK(Eventually([&] { return l.watch->finished == 1 && l.busy() == 0; }));
  l.Happen("host1");
  Sleep(20);
  CHECK_EQ(l.watch->finished.load(), 1);
  l.Make("sda");
  l.Happen("host1");
  CHECK(Eventually([&] { return l.watch->finished == 3; }));
  CHECK(l.Exists("a1") && l.Exists("a2") && !l.Exists("a3"));
  l.Happen("host2");
  CHECK(Eventually([&] { return l.watch->finished == 101; }));
}

TEST("conductor: at the end of its time a list reads once more") {
  Lists l;
  const auto ended = l.Submit(1, {l.Await("x", "sda", 20), l.Replace("a")});
  CHECK(Eventually([&] { return l.watch->finished == 1; }));
  CHECK_EQ(ended->report().answers.size(), size_t{1});
  CHECK_EQ(ended->report().stoppedAt.value_or(9), size_t{0});
  const auto done = l.Submit(2, {l.Await("x", "sda", 300), l.Replace("a")});
  Sleep(20);
  l.Make("sda");
  CHECK(Eventually([&] { return l.watch->finished == 2; }));
  CHECK(!done->report().stoppedAt);
}

TEST("conductor: a lock is kept through every step, and free before the answer") {
  Lists l;
  l.Submit(1, {l.Flock("a"), l.Replace("one"), l.Await("host1", "sda", 60'000)});
  CHECK(Eventually([&] { return l.Exists("one") && l.busy() == 0; }));
  CHECK(!l.IsFree("a"));
  const auto busy = l.Submit(2, {l.Flock("a"), l.Replace("two")});
  CHECK(Eventually([&] { return l.watch->finished == 1; }));
  CHECK_EQ(busy->report().stoppedAt.value_or(9), size_t{0});
  CHECK(!l.Exists("two"));
  l.Make("sda");
  l.Happen("host1");
  CHECK(Eventually([&] { return l.watch->finished == 2; }));
  CHECK(l.IsFree("a"));
}

TEST("conductor: nothing begins after a list was abandoned, and its lock is free at once") {
  Lists l;
  const auto run = l.Submit(1, {l.Flock("a"), l.Await("host1", "sda", 60'000), l.Replace("one")});
  CHECK(Eventually([&] { return run->at() == 1 && l.busy() == 0; }));
  l.conductor->Abandon(1);
  CHECK(l.IsFree("a"));
  CHECK_EQ(run->report().stoppedAt.value_or(9), size_t{1});
  l.Make("sda");
  l.Happen("host1");
  Sleep(30);
  CHECK(!l.Exists("one"));
  CHECK_EQ(l.watch->finished.load(), 0);
  CHECK(Eventually([&] { return l.watch->destroyed == 1; }));
}

TEST("conductor: a shutdown frees the locks and drops every list") {
  Lists l;
  l.Submit(1, {l.Flock("a"), l.Await("host1", "sda", 60'000)});
  CHECK(Eventually([&] { return l.pool->stats().threads > 0 && l.busy() == 0; }));
  l.conductor->Shutdown();
  CHECK(l.IsFree("a"));
  CHECK(Eventually([&] { return l.watch->destroyed == 1; }));
  auto late = std::make_shared<JobRun>(RealSyscalls(), std::vector<JobStep>{l.Replace("late")});
  CHECK_EQ(l.conductor->Submit(2, late, std::make_unique<Waiting>(l.watch, "")), EAGAIN);
  CHECK_EQ(l.watch->finished.load(), 0);
}

TEST("conductor: lists, events and abandons from several threads") {
  Lists l;
  l.Make("sda");
  std::atomic<uint64_t> next{1};
  std::atomic<bool> over{false};
  std::thread events([&] {
    while (!over) l.Happen("host1");
  });
  std::vector<std::thread> callers;
  for (int t = 0; t < 3; ++t) {
    callers.emplace_back([&, t] {
      for (int i = 0; i < 100; ++i) {
        const uint64_t id = next++;
        const std::string name = std::to_string(id);
        l.Submit(id, {l.Flock(name), l.Replace(name), l.Await("host1", i % 2 == 0 ? "sda" : "sdb", 5), l.Replace("z" + name)});
        if (t == 0) Sleep(1);
        if (i % 3 == 0) l.conductor->Abandon(id);
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(Eventually([&] { return l.watch->destroyed == 300; }));
  over = true;
  events.join();
}

}  // namespace
}  // namespace brickwork::test
