#include "core/reader_gone.h"

#include "test/check.h"
#include "test/fake_syscalls.h"

namespace brickwork::test {
namespace {

class Output : public FakeSyscalls {
 public:
  Output(int ready, int events) : ready_(ready), events_(static_cast<short>(events)) {}
  int Poll(pollfd* fds, nfds_t count, int timeoutMs) const override {
    CHECK_EQ(count, nfds_t{1});
    CHECK_EQ(timeoutMs, 0);
    CHECK_EQ(fds->fd, 1);
    CHECK_EQ(fds->events, 0);
    fds->revents = events_;
    return ready_;
  }

 private:
  const int ready_;
  const short events_;
};

TEST("a pipe without readers and a socket without peer have no reader") {
  CHECK(ReaderGone(Output(1, POLLERR), 1));
  CHECK(ReaderGone(Output(1, POLLHUP), 1));
}
TEST("an output that is quiet, that is no descriptor, or that cannot be polled has not lost its reader") {
  CHECK(!ReaderGone(Output(0, 0), 1));
  CHECK(!ReaderGone(Output(1, POLLNVAL), 1));
  CHECK(!ReaderGone(Output(-1, POLLERR), 1));
}

}  // namespace
}  // namespace brickwork::test
