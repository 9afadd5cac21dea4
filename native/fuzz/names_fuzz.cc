// Any text where a name is expected: an accepted name stays the same when it is formatted again.
#include "core/device_openers.h"
#include "core/record_path.h"
#include "core/socket_address.h"
#include "core/tree_plan.h"
#include "fuzz/fed_machine.h"

namespace brickwork {
namespace {

// A reference implementation by definition, regardless of time.
bool Matches(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern[0] == '*') return Matches(pattern.substr(1), name) || (!name.empty() && Matches(pattern, name.substr(1)));
  return !name.empty() && pattern[0] == name[0] && Matches(pattern.substr(1), name.substr(1));
}

void CheckRecordPath(const std::string& path) {
  const auto record = ParseRecordPath(path);
  if (!record) return;
  Require(record->file == path && !record->directories.empty());
  for (const std::string& directory : record->directories) {
    Require(path.rfind(directory + "/", 0) == 0 && (directory + "/").find("/../") == std::string::npos);
    Require(record->root == "/" || directory.rfind(record->root + "/nodes/", 0) == 0);
  }
}

}  // namespace
}  // namespace brickwork

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  brickwork::Feed feed(data, size);
  const std::string pattern = feed.Text(feed.Byte() & 7);
  const std::string text = feed.Rest();
  const std::string name = text.substr(0, 12);
  brickwork::Require(brickwork::MatchesPattern(pattern, name) == brickwork::Matches(pattern, name));
  const auto device = brickwork::ParseDeviceNumber(text);
  if (device) {
    const auto again = brickwork::ParseDeviceNumber(brickwork::FormatDeviceNumber(*device));
    brickwork::Require(again && again->major == device->major && again->minor == device->minor);
  }
  brickwork::CheckRecordPath(text);
  // A zone would be resolved on this machine.
  if (text.find('%') == std::string::npos) (void)brickwork::ParseTcpAddress(text, 3260);
  const auto abstract = brickwork::AbstractAddress(text);
  brickwork::Require(!abstract || abstract->length <= sizeof(sockaddr_storage));
  return 0;
}
