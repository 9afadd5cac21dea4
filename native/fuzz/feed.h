// The input of a fuzzer, consumed in pieces. When it is used up, numbers are 0 and pieces are empty.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>

#include "core/bytes.h"

namespace brickwork {

class Feed {
 public:
  Feed(const uint8_t* data, size_t size) : at_(data), left_(size) {}

  bool empty() const { return left_ == 0; }

  uint8_t Byte() {
    uint8_t byte = 0;
    Fill(&byte, 1);
    return byte;
  }
  uint16_t Short() { return static_cast<uint16_t>(Byte() | Byte() << 8); }
  // Copies the available bytes, up to `length`.
  size_t Fill(void* buffer, size_t length) {
    const size_t taken = std::min(length, left_);
    if (taken > 0) std::memcpy(buffer, at_, taken);
    at_ += taken;
    left_ -= taken;
    return taken;
  }
  Feed Split(size_t length) {
    const Feed part(at_, std::min(length, left_));
    at_ += part.left_;
    left_ -= part.left_;
    return part;
  }
  Bytes Piece(size_t length) {
    Bytes piece(std::min(length, left_));
    Fill(piece.data(), piece.size());
    return piece;
  }
  std::string Text(size_t length) { return std::string(AsText(Piece(length))); }
  std::string Rest() { return Text(left_); }

 private:
  const uint8_t* at_;
  size_t left_;
};

}  // namespace brickwork
