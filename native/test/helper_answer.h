#pragma once

#include <string>
#include <string_view>

#include "core/bytes.h"
#include "core/helper_frame.h"

namespace brickwork::test {

inline Bytes B(std::string_view text) { return Bytes(text.begin(), text.end()); }
// An answer of a helper as text: `done 0 …`, `failed 2 openat /dev/nvme3`.
inline std::string Show(const HelperFrame& answer) {
  std::string out = answer.kind == 0 ? "done" : "failed";
  for (size_t i = 0; i < answer.fields.size(); ++i) {
    const Bytes& field = answer.fields[i];
    out += ' ';
    const bool number = field.size() == 4 && (answer.kind == 0 || i == 0);
    out += number              ? std::to_string(ReadU32(field.data()))
           : field.size() == 1 ? std::to_string(field[0])
                               : std::string(AsText(field));
  }
  return out;
}

}  // namespace brickwork::test
