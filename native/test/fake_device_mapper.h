#pragma once

#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <sys/ioctl.h>

#include <cstddef>
#include <cstring>
#include <functional>

#include "core/device_mapper.h"
#include "test/check.h"
#include "test/fake_syscalls.h"

namespace brickwork::test {

inline constexpr char kUuid[] = "mpath-3600140500000000000000000000000a1";
inline constexpr char kControl[] = "/dev/mapper/control";

// The kernel's side (drivers/md/dm-ioctl.c), as far as the tests need it.
class FakeDeviceMapper : public FakeSyscalls {
 public:
  int openErr = 0, err = 0;
  std::vector<MapTarget> targets;
  std::vector<uint64_t> dependencies;
  std::function<void(Bytes&)> lie = [](Bytes&) {};
  uint64_t dev = 254 << 8 | 3;
  uint32_t flags = 0;
  mutable std::vector<dm_ioctl> requests;
  mutable std::vector<unsigned long> commands;
  mutable std::string payload, table;
  unsigned long failing = 0;  // the command that fails with `err`; 0: all commands

  int Openat(int, const char* path, int how, mode_t) const override {
    CHECK_EQ(path, std::string(kControl));
    CHECK_EQ(how, O_RDWR | O_CLOEXEC);
    return openErr != 0 ? Fail(openErr) : OpenFd("control");
  }
  int Ioctl(int, unsigned long command, void* argument) const override {
    dm_ioctl header{};
    std::memcpy(&header, argument, sizeof header);
    commands.push_back(command);
    requests.push_back(header);
    auto* const bytes = static_cast<uint8_t*>(argument);
    payload.assign(bytes + header.data_start, bytes + header.data_size);
    if (command == DM_TABLE_LOAD) table = payload;
    if (err != 0 && (failing == 0 || failing == command)) return Fail(err);
    if (command != DM_DEV_CREATE && header.name[0] != '\0') return Fail(EINVAL);

    Bytes buffer(bytes, bytes + header.data_size);
    std::strcpy(header.name, "mpatha");
    header.dev = dev;
    header.open_count = 2;
    header.flags |= flags;
    header.target_count = static_cast<uint32_t>(targets.size());
    const size_t size = header.data_size;
    header.data_size = offsetof(dm_ioctl, data);
    if (command == DM_TABLE_STATUS) Report(header, buffer, size);
    if (command == DM_TABLE_DEPS && !targets.empty()) ReportDependencies(header, buffer, size);
    std::memcpy(buffer.data(), &header, sizeof header);
    lie(buffer);
    std::memcpy(argument, buffer.data(), buffer.size());
    return 0;
  }
  Result<std::optional<MapStatus>> Ask(MapRequest::Command command = MapRequest::kStatus, const std::string& message = {}) const {
    return AskDeviceMapper(*this, {command, kControl, kUuid, message});
  }

 private:
  // retrieve_status()
  void Report(dm_ioctl& header, Bytes& buffer, size_t size) const {
    size_t at = header.data_start;
    for (const MapTarget& target : targets) {
      const size_t after = at + sizeof(dm_target_spec);
      if (after + target.parameters.size() + 1 >= size) {
        header.flags |= DM_BUFFER_FULL_FLAG;
        return;
      }
      dm_target_spec spec{};
      spec.sector_start = target.start;
      spec.length = target.length;
      target.type.copy(spec.target_type, sizeof spec.target_type - 1);
      std::memcpy(buffer.data() + after, target.parameters.c_str(), target.parameters.size() + 1);
      header.data_size = static_cast<uint32_t>(after + target.parameters.size() + 1);
      const size_t next = (header.data_size + 7) / 8 * 8;
      spec.next = static_cast<uint32_t>(next - header.data_start);
      std::memcpy(buffer.data() + at, &spec, sizeof spec);
      at = next;
    }
  }
  // retrieve_deps()
  void ReportDependencies(dm_ioctl& header, Bytes& buffer, size_t size) const {
    dm_target_deps head{};
    head.count = static_cast<uint32_t>(dependencies.size());
    const size_t after = header.data_start + sizeof head;
    const size_t end = after + dependencies.size() * sizeof(uint64_t);
    if (end > size) {
      header.flags |= DM_BUFFER_FULL_FLAG;
      return;
    }
    std::memcpy(buffer.data() + header.data_start, &head, sizeof head);
    auto* at = buffer.data() + after;
    for (const uint64_t device : dependencies) {
      std::memcpy(at, &device, sizeof device);
      at += sizeof device;
    }
    header.data_size = static_cast<uint32_t>(end);
  }
};

inline const std::vector<MapTarget> kTargets{
    {0, 2048, "multipath", "2 0 1 0 1 1 A 0 2 0 8:16 A 0 8:32 F 1"}, {2048, 5, "zero", ""}, {2053, 1, "x", "y"}};

}  // namespace brickwork::test
