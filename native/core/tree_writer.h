// The encoding of a tree, little endian:
//   tree  := u8 present, node if present is 1
//   node  := u16 length of name, name, u16 count, attr*, u16 count, link*, u32 count, child*
//   attr  := u16 index in the plan's attributes, u8 status (0 read, 1 error), u32 length, bytes (status 1: u32 errno)
//   link  := u16 index in the plan's links, u32 length, bytes
//   child := u16 index in the plan's children, u32 length of the node, node
#pragma once

#include <string_view>

#include "core/bytes.h"

namespace brickwork {

class TreeWriter {
 public:
  void U8(uint8_t value) { bytes_.push_back(value); }
  void U16(size_t value);
  void U32(size_t value);
  void Text(std::string_view text);

  // A number that is known only later.
  size_t Place(size_t width);
  void FillU16(size_t place, size_t value);
  void FillU32(size_t place, size_t value);
  size_t size() const { return bytes_.size(); }

  Bytes Take() { return std::move(bytes_); }

 private:
  Bytes bytes_;
};

}  // namespace brickwork
