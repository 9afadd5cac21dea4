#include "core/helper_frame.h"

namespace brickwork {
namespace {

constexpr size_t kHead = 5;

void AppendU32(Bytes& out, uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<uint8_t>(value >> shift));
}

}  // namespace

uint32_t ReadU32(const uint8_t* at) {
  uint32_t value = 0;
  for (int i = 3; i >= 0; --i) value = value << 8 | at[i];
  return value;
}

uint64_t ReadU64(const uint8_t* at) { return uint64_t{ReadU32(at + 4)} << 32 | ReadU32(at); }

Bytes U32Field(uint32_t value) {
  Bytes field;
  AppendU32(field, value);
  return field;
}

std::optional<HelperFrame> ParseFrame(const uint8_t* bytes, size_t length) {
  if (length < kHead) return std::nullopt;
  HelperFrame frame{ReadU32(bytes), bytes[4], {}};
  for (size_t at = kHead; at < length;) {
    if (length - at < 4) return std::nullopt;
    const size_t size = ReadU32(bytes + at);
    at += 4;
    if (size > length - at) return std::nullopt;
    frame.fields.emplace_back(bytes + at, bytes + at + size);
    at += size;
  }
  return frame;
}

Bytes FormatFrame(const HelperFrame& frame) {
  size_t length = kHead;
  for (const Bytes& field : frame.fields) length += 4 + field.size();
  Bytes out;
  out.reserve(4 + length);
  AppendU32(out, static_cast<uint32_t>(length));
  AppendU32(out, frame.id);
  out.push_back(frame.kind);
  for (const Bytes& field : frame.fields) {
    AppendU32(out, static_cast<uint32_t>(field.size()));
    out.insert(out.end(), field.begin(), field.end());
  }
  return out;
}

}  // namespace brickwork
