#include "core/uevent_message.h"

#include <endian.h>

#include <cstring>
#include <string>

namespace brickwork {
namespace {

// udev's header, by offset: "libudev" with NUL, u32 magic (big endian), then native u32: size of the header, offset and length of the
// properties. Hashes for filters follow.
constexpr std::string_view kUdevPrefix("libudev\0", 8);
constexpr uint32_t kUdevMagic = 0xfeedcafe;
constexpr size_t kMagicAt = 8;
constexpr size_t kPropertiesAt = 16;
constexpr size_t kLengthAt = 20;
constexpr size_t kUdevHeader = 40;

uint32_t NumberAt(std::string_view bytes, size_t at) {
  uint32_t number = 0;
  std::memcpy(&number, bytes.data() + at, sizeof number);
  return number;
}

// The properties of an event that udev sends.
std::optional<std::string_view> UdevProperties(std::string_view datagram) {
  if (datagram.size() < kUdevHeader || datagram.substr(0, kUdevPrefix.size()) != kUdevPrefix) return std::nullopt;
  if (be32toh(NumberAt(datagram, kMagicAt)) != kUdevMagic) return std::nullopt;
  const size_t offset = NumberAt(datagram, kPropertiesAt);
  const size_t length = NumberAt(datagram, kLengthAt);
  if (offset < kUdevHeader || offset > datagram.size() || length > datagram.size() - offset) return std::nullopt;
  return datagram.substr(offset, length);
}

// The part after `action@devpath` and its NUL.
std::optional<std::string_view> KernelProperties(std::string_view datagram) {
  const size_t end = datagram.find('\0');
  if (end == std::string_view::npos || datagram.substr(0, end).find('@') == std::string_view::npos) return std::nullopt;
  return datagram.substr(end + 1);
}

}  // namespace

std::optional<Bytes> ParseUevent(std::string_view datagram, const UeventSender& sender) {
  const bool fromKernel = sender.portId == 0;
  if (!fromKernel && (!sender.known || sender.uid != 0)) return std::nullopt;
  const auto properties = fromKernel ? KernelProperties(datagram) : UdevProperties(datagram);
  if (!properties || properties->empty()) return std::nullopt;
  Bytes message;
  message.reserve(properties->size() + 1);
  message.push_back(static_cast<uint8_t>(fromKernel ? UeventSource::kKernel : UeventSource::kUdev));
  message.insert(message.end(), properties->begin(), properties->end());
  return message;
}

}  // namespace brickwork
