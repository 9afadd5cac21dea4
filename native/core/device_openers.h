#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/sys_error.h"
#include "core/syscalls.h"

namespace brickwork {

struct DeviceNumber {
  uint32_t major;
  uint32_t minor;
  bool operator<(const DeviceNumber& other) const { return major != other.major ? major < other.major : minor < other.minor; }
};
std::optional<DeviceNumber> ParseDeviceNumber(const std::string& text);  // `8:16`
std::string FormatDeviceNumber(const DeviceNumber& number);

// Block and character devices have separate number spaces.
struct DeviceNumbers {
  std::set<DeviceNumber> block;
  std::set<DeviceNumber> character;
};

struct Opener {
  int32_t pid;
  DeviceNumber device;
  bool character;
};
struct Openers {
  std::vector<Opener> openers;  // sorted by pid, then device; one entry for each descriptor
  size_t unseen;                // processes that could not be examined
};

// Processes in `proc` that have one of the devices open. It is the only trace of a process that opens a device without O_EXCL.
Result<Openers> FindOpeners(const Syscalls& sys, const std::string& proc, const DeviceNumbers& devices);

}  // namespace brickwork
