// Builds an answer of many parts in one buffer: numbers are little endian, texts are copied unchanged.
#pragma once

#include <string_view>

#include "core/bytes.h"

namespace brickwork {

class ByteWriter {
 public:
  void U8(uint8_t value) { bytes_.push_back(value); }
  void U16(size_t value);
  void U32(size_t value);
  void Text(std::string_view text);

  // Reserves room for a number whose value is known only later.
  size_t Place(size_t width);
  void FillU16(size_t place, size_t value);
  void FillU32(size_t place, size_t value);
  size_t size() const { return bytes_.size(); }

  Bytes Take() { return std::move(bytes_); }

 private:
  Bytes bytes_;
};

}  // namespace brickwork
