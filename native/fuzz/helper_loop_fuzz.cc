// Any standard input of the helper, on any machine: it answers in whole frames, one for each request, and ends.
#include "core/helper_service.h"
#include "fuzz/fed_machine.h"

namespace brickwork {
namespace {

class Parent final : public FedMachine {
 public:
  Parent(Feed in, Feed machine) : FedMachine(machine), in_(in) {}

  ssize_t Read(int fd, void* buffer, size_t length) const override {
    return fd == 0 ? static_cast<ssize_t>(in_.Fill(buffer, length)) : FedMachine::Read(fd, buffer, length);
  }
  ssize_t Write(int fd, const void* bytes, size_t length) const override {
    if (fd != 1) return FedMachine::Write(fd, bytes, length);
    const auto* const begin = static_cast<const uint8_t*>(bytes);
    out.insert(out.end(), begin, begin + length);
    return static_cast<ssize_t>(length);
  }
  int Ioctl(int, unsigned long, void*) const override { return Fails() ? -1 : 0; }

  mutable Bytes out;

 private:
  mutable Feed in_;
};

}  // namespace
}  // namespace brickwork

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using brickwork::Require;
  brickwork::Feed feed(data, size);
  const size_t length = feed.Short();
  const brickwork::Feed in = feed.Split(length);
  const brickwork::Parent sys(in, feed);
  const int ended = brickwork::ServeHelper(sys, 0, 1);
  Require(ended == 0 || ended == 2);
  for (size_t at = 0; at < sys.out.size();) {
    Require(sys.out.size() - at >= 4);
    const size_t frame = brickwork::ReadU32(sys.out.data() + at);
    Require(frame <= sys.out.size() - at - 4);
    const auto answer = brickwork::ParseFrame(sys.out.data() + at + 4, frame);
    Require(answer && answer->kind <= 1);
    at += 4 + frame;
  }
  return 0;
}
