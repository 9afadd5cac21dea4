// Any directory, and any state: the answer is as changed_files.h describes, and the next call accepts its state.
#include "core/changed_files.h"
#include "fuzz/fed_machine.h"

namespace brickwork {
namespace {

size_t U16(const Bytes& bytes, size_t at) { return bytes.at(at) | static_cast<size_t>(bytes.at(at + 1)) << 8; }
size_t U32(const Bytes& bytes, size_t at) { return U16(bytes, at) | U16(bytes, at + 2) << 16; }

// Aborts if the answer is not as described. Returns the state.
Bytes Checked(const Bytes& bytes) {
  const size_t length = U32(bytes, 0);
  Require(length <= bytes.size() - 4);
  size_t at = 4 + length;
  size_t left = U32(bytes, at);
  for (at += 4; left > 0; --left) {
    at += 2 + U16(bytes, at);
    const uint8_t status = bytes.at(at);
    const size_t content = U32(bytes, at + 1);
    Require(status <= 2 && (status != 1 || content == 0) && (status != 2 || content == 4));
    Require(content <= bytes.size() - at - 5);
    at += 5 + content;
  }
  Require(at == bytes.size());
  return Bytes(bytes.begin() + 4, bytes.begin() + 4 + static_cast<std::ptrdiff_t>(length));
}

}  // namespace
}  // namespace brickwork

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace brickwork;
  Feed feed(data, size);
  const std::string strange = feed.Text(feed.Byte());
  const FedMachine sys(feed, true);
  const auto any = ReadChangedFiles(sys, "/run", "x", Bytes(strange.begin(), strange.end()));
  if (any.ok()) Checked(any.value());
  Bytes state;
  for (int round = 0; round < 3; ++round) {
    const auto changed = ReadChangedFiles(sys, "/run", "x", state);
    if (changed.ok()) state = Checked(changed.value());
    else Require(std::string(changed.error().syscall) != "state");
  }
  return 0;
}
