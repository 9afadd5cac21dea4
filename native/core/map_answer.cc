#include "core/map_answer.h"

#include <linux/dm-ioctl.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace brickwork {
namespace {

// Removes the NUL, which must be present.
std::optional<std::string> TextIn(std::string_view field) {
  const size_t end = field.find('\0');
  if (end == std::string_view::npos) return std::nullopt;
  return std::string(field.substr(0, end));
}

// The kernel's huge_encode_dev().
DeviceNumber DecodeDevice(uint64_t dev) {
  return {static_cast<uint32_t>(dev >> 8 & 0xfff), static_cast<uint32_t>((dev & 0xff) | (dev >> 12 & 0xfff00))};
}

// `next` counts from the beginning of the results. In the last target it has no meaning.
std::optional<std::vector<MapTarget>> ParseTargets(std::string_view results, uint32_t count) {
  std::vector<MapTarget> targets;
  size_t at = 0;
  for (uint32_t i = 0; i < count; ++i) {
    dm_target_spec spec{};
    if (at > results.size() || results.size() - at < sizeof spec) return std::nullopt;
    std::memcpy(&spec, results.data() + at, sizeof spec);
    const size_t after = at + sizeof spec;
    auto type = TextIn({spec.target_type, sizeof spec.target_type});
    auto parameters = TextIn(results.substr(after));
    // Only moves forwards: each target consumes some of the buffer, whatever the count.
    if (!type || !parameters || (i + 1 < count && spec.next <= after + parameters->size())) return std::nullopt;
    targets.push_back({spec.sector_start, spec.length, std::move(*type), std::move(*parameters)});
    at = spec.next;
  }
  return targets;
}

// Each device once, in arbitrary order.
std::optional<std::vector<DeviceNumber>> ParseDependencies(std::string_view results) {
  dm_target_deps head{};
  if (results.size() < sizeof head) return std::nullopt;
  std::memcpy(&head, results.data(), sizeof head);
  results.remove_prefix(sizeof head);
  if (head.count > results.size() / sizeof(uint64_t)) return std::nullopt;
  std::vector<DeviceNumber> devices;
  for (uint32_t i = 0; i < head.count; ++i) {
    uint64_t dev = 0;
    std::memcpy(&dev, results.data() + i * sizeof dev, sizeof dev);
    devices.push_back(DecodeDevice(dev));
  }
  return devices;
}

}  // namespace

std::optional<MapStatus> ParseMapAnswer(const Bytes& buffer, MapResults asked) {
  dm_ioctl header{};
  if (buffer.size() < sizeof header) return std::nullopt;
  std::memcpy(&header, buffer.data(), sizeof header);
  auto name = TextIn({header.name, sizeof header.name});
  auto uuid = TextIn({header.uuid, sizeof header.uuid});
  if (!name || !uuid) return std::nullopt;
  MapStatus status{std::move(*name),
                   std::move(*uuid),
                   DecodeDevice(header.dev),
                   static_cast<uint32_t>(std::max(0, header.open_count)),
                   (header.flags & DM_SUSPEND_FLAG) != 0,
                   (header.flags & DM_READONLY_FLAG) != 0,
                   {},
                   {}};
  // Without a live table the kernel fills in no results.
  if (asked == MapResults::kNone || header.target_count == 0) return status;
  if (header.data_size > buffer.size() || header.data_start < offsetof(dm_ioctl, data) || header.data_start > header.data_size) {
    return std::nullopt;
  }
  const std::string_view results = AsText(buffer).substr(header.data_start, header.data_size - header.data_start);
  if (asked == MapResults::kDependencies) {
    auto dependencies = ParseDependencies(results);
    if (!dependencies) return std::nullopt;
    status.dependencies = std::move(*dependencies);
    return status;
  }
  auto targets = ParseTargets(results, header.target_count);
  if (!targets) return std::nullopt;
  status.targets = std::move(*targets);
  return status;
}

}  // namespace brickwork
