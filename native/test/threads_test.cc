// Tests of native threads and of the uevent listener on the real machine. They are also built with ThreadSanitizer.
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <thread>

#include "core/native_thread.h"
#include "core/private_descriptors.h"
#include "core/real_syscalls.h"
#include "core/uevent_listener.h"
#include "test/check.h"
#include "test/waiting.h"

namespace brickwork::test {
namespace {

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
