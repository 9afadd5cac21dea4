// Messages between the helper and its parent, in both directions, little endian: u32 length of the rest, u32 request id, u8 operation or
// status, then the fields, each as u32 length and bytes.
#pragma once

#include <optional>
#include <vector>

#include "core/bytes.h"

namespace brickwork {

constexpr size_t kFrameLimit = 1024 * 1024;

struct HelperFrame {
  uint32_t id;
  uint8_t kind;  // operation or status
  std::vector<Bytes> fields;
};

uint32_t ReadU32(const uint8_t* at);
uint64_t ReadU64(const uint8_t* at);
Bytes U32Field(uint32_t value);

// Parses the part after the length. Returns nothing unless the fields fill it exactly.
std::optional<HelperFrame> ParseFrame(const uint8_t* bytes, size_t length);
// Includes the length in front.
Bytes FormatFrame(const HelperFrame& frame);

}  // namespace brickwork
