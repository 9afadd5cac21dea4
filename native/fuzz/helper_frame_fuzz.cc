// Any request: a parsed request is formatted to the same bytes, and answered without touching a file that it could name.
#include <cstdlib>
#include <cstring>

#include "core/helper_frame.h"
#include "core/helper_service.h"
#include "fuzz/no_machine.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto frame = brickwork::ParseFrame(data, size);
  if (!frame) return 0;
  const brickwork::Bytes again = brickwork::FormatFrame(*frame);
  if (again.size() != size + 4 || std::memcmp(again.data() + 4, data, size) != 0) std::abort();
  const brickwork::NoMachine sys;
  brickwork::HelperService service(sys);
  if (service.Answer(*frame).id != frame->id) std::abort();
  return 0;
}
