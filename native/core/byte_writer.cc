#include "core/byte_writer.h"

namespace brickwork {

void ByteWriter::U16(size_t value) { FillU16(Place(2), value); }
void ByteWriter::U32(size_t value) { FillU32(Place(4), value); }
void ByteWriter::Text(std::string_view text) { bytes_.insert(bytes_.end(), text.begin(), text.end()); }

size_t ByteWriter::Place(size_t width) {
  const size_t place = bytes_.size();
  bytes_.resize(place + width);
  return place;
}
void ByteWriter::FillU16(size_t place, size_t value) {
  bytes_[place] = static_cast<uint8_t>(value);
  bytes_[place + 1] = static_cast<uint8_t>(value >> 8);
}
void ByteWriter::FillU32(size_t place, size_t value) {
  FillU16(place, value & 0xffff);
  FillU16(place + 2, value >> 16);
}

}  // namespace brickwork
