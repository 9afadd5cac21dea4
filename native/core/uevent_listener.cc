#include "core/uevent_listener.h"

#include <sys/eventfd.h>

#include "core/latch.h"
#include "core/native_thread.h"
#include "core/private_descriptors.h"
#include "core/uevent_socket.h"

namespace brickwork {
namespace {

constexpr int kFailingSocketPauseMs = 100;

// True if the listener must end.
bool AwaitWake(const Syscalls& sys, int wake, int socket, int timeoutMs) {
  pollfd waited[2] = {{wake, POLLIN, 0}, {socket, POLLIN, 0}};
  (void)sys.Poll(waited, socket < 0 ? 1 : 2, timeoutMs);
  return waited[0].revents != 0;
}

void Listen(const Syscalls& sys, const UeventOptions& options, int wake, UeventReceiver& receiver) {
  auto socket = OpenUeventSocket(sys, options.groups, options.netns);
  if (!socket.ok()) return receiver.Bound(socket.error());
  receiver.Bound(Done{});
  bool failing = false;
  while (!AwaitWake(sys, wake, failing ? -1 : socket.value().get(), failing ? kFailingSocketPauseMs : -1)) {
    UeventBatch batch = DrainUevents(sys, socket.value().get());
    failing = batch.failing;
    if (!batch.messages.empty()) receiver.Received(std::move(batch.messages));
  }
}

}  // namespace

Result<std::unique_ptr<UeventListener>> UeventListener::Start(const Syscalls& sys, UeventOptions options,
                                                              std::shared_ptr<UeventReceiver> receiver) {
  UniqueFd wake(sys, sys.Eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake) return LastError("eventfd", {});
  const int fd = wake.get();
  auto listener = std::make_unique<UeventListener>(sys, std::move(wake));
  const auto latch = std::make_shared<Latch>();
  const int err = StartThread([&sys, options = std::move(options), receiver = std::move(receiver), latch, fd]() mutable {
    const auto taken = TakePrivateDescriptors(sys, fd);
    latch->Open();
    if (!taken.ok()) return receiver->Bound(taken.error());
    // The descriptor belongs to the thread's own table, which closes it at the end. An explicit close would look like one of the process's.
    Listen(sys, options, fd, *receiver);
  });
  if (err != 0) return SysError{err, "pthread_create", {}};
  latch->Wait();
  return listener;
}

UeventListener::~UeventListener() {
  const uint64_t one = 1;
  (void)sys_.Write(wake_.get(), &one, sizeof one);
}

}  // namespace brickwork
