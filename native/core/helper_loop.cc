#include "core/helper_frame.h"
#include "core/helper_service.h"

namespace brickwork {
namespace {

// False at the end of the input, also in the middle of a frame.
bool ReadExactly(const Syscalls& sys, int fd, uint8_t* buffer, size_t length) {
  for (size_t filled = 0; filled < length;) {
    const ssize_t got = sys.Read(fd, buffer + filled, length - filled);
    if (got <= 0) return false;
    filled += static_cast<size_t>(got);
  }
  return true;
}

bool WriteAll(const Syscalls& sys, int fd, const Bytes& bytes) {
  for (size_t written = 0; written < bytes.size();) {
    const ssize_t more = sys.Write(fd, bytes.data() + written, bytes.size() - written);
    if (more <= 0) return false;
    written += static_cast<size_t>(more);
  }
  return true;
}

// A request may contain a secret. The writes are volatile, so that they are made although nobody reads them.
void Wipe(Bytes& bytes) {
  volatile uint8_t* const at = bytes.data();
  for (size_t i = 0; i < bytes.size(); ++i) at[i] = 0;
}

}  // namespace

int ServeHelper(const Syscalls& sys, int in, int out) {
  HelperService service(sys);
  for (;;) {
    uint8_t header[4];
    if (!ReadExactly(sys, in, header, sizeof header)) return 0;
    const size_t length = ReadU32(header);
    if (length > kFrameLimit) return 2;
    Bytes body(length);
    if (!ReadExactly(sys, in, body.data(), length)) return 0;
    auto request = ParseFrame(body.data(), length);
    Wipe(body);
    if (!request) return 2;
    const Bytes answer = FormatFrame(service.Answer(*request));
    for (Bytes& field : request->fields) Wipe(field);
    if (!WriteAll(sys, out, answer)) return 1;
  }
}

}  // namespace brickwork
