#include "core/native_thread.h"

#include <pthread.h>
#include <signal.h>

#include <memory>
#include <utility>

namespace brickwork {
namespace {

constexpr size_t kStackBytes = 512 * 1024;

void* RunBody(void* argument) noexcept {
  const std::unique_ptr<std::function<void()>> body(static_cast<std::function<void()>*>(argument));
  (*body)();
  return nullptr;
}

// Signals for faults of the thread itself stay unblocked, so that a crash is reported as such.
sigset_t AllButFaults() {
  sigset_t set;
  sigfillset(&set);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS}) sigdelset(&set, fault);
  return set;
}

}  // namespace

int StartThread(std::function<void()> body) {
  auto argument = std::make_unique<std::function<void()>>(std::move(body));
  pthread_attr_t attributes;
  int err = pthread_attr_init(&attributes);
  if (err != 0) return err;
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, kStackBytes);

  // A new thread inherits the mask. Blocked here, the signals are blocked in the thread from its start.
  const sigset_t blocked = AllButFaults();
  sigset_t before;
  pthread_sigmask(SIG_SETMASK, &blocked, &before);
  pthread_t thread{};
  err = pthread_create(&thread, &attributes, RunBody, argument.get());
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  if (err == 0) (void)argument.release();
  return err;
}

}  // namespace brickwork
