#include "core/device_mapper.h"

#include "test/fake_device_mapper.h"

namespace brickwork::test {
namespace {

std::string Show(const std::vector<MapTarget>& targets) {
  std::string out;
  for (const MapTarget& each : targets) {
    out += std::to_string(each.start) + "+" + std::to_string(each.length) + " " + each.type + " " + each.parameters + ";";
  }
  return out;
}
std::string Show(const std::vector<DeviceNumber>& devices) {
  std::string out;
  for (const DeviceNumber& each : devices) out += FormatDeviceNumber(each) + " ";
  return out;
}

TEST("device-mapper: the request is by uuid alone, of the version that every kernel speaks, and flushes nothing") {
  FakeDeviceMapper dm;
  CHECK(dm.Ask().ok());
  CHECK(dm.Ask(MapRequest::kTable).ok());
  CHECK(dm.Ask(MapRequest::kDeps).ok());
  CHECK_EQ(dm.commands, (std::vector<unsigned long>{DM_TABLE_STATUS, DM_TABLE_STATUS, DM_TABLE_DEPS}));
  for (const dm_ioctl& request : dm.requests) {
    CHECK_EQ((std::vector<uint32_t>{request.version, request.version + 3}), (std::vector<uint32_t>{4, 0, 0}));
    CHECK_EQ(request.name, std::string());
    CHECK_EQ(request.uuid, std::string(kUuid));
    CHECK_EQ(request.dev, 0U);
    CHECK(request.data_start >= offsetof(dm_ioctl, data));
    CHECK_EQ(request.data_start % 8, 0U);
  }
  CHECK_EQ(dm.requests[0].flags, uint32_t{DM_NOFLUSH_FLAG});
  CHECK_EQ(dm.requests[1].flags, uint32_t{DM_NOFLUSH_FLAG | DM_STATUS_TABLE_FLAG});
  CHECK_EQ(dm.requests[2].flags, 0U);
}

TEST("device-mapper: a status with its targets") {
  FakeDeviceMapper dm;
  dm.targets = kTargets;
  dm.targets[0].length = uint64_t{1} << 52;
  const MapStatus status = *dm.Ask().value();
  CHECK_EQ(status.name, "mpatha");
  CHECK_EQ(status.uuid, kUuid);
  CHECK_EQ(FormatDeviceNumber(status.device), "254:3");
  CHECK_EQ(status.openCount, 2U);
  CHECK(!status.suspended && !status.readOnly);
  CHECK_EQ(Show(status.targets), "0+4503599627370496 multipath 2 0 1 0 1 1 A 0 2 0 8:16 A 0 8:32 F 1;2048+5 zero ;2053+1 x y;");
}

TEST("device-mapper: a device without a table, flags, and large device numbers") {
  FakeDeviceMapper dm;
  dm.dev = 0xabc'fff'12;  // the middle is the major
  dm.flags = DM_SUSPEND_FLAG | DM_READONLY_FLAG;
  const MapStatus status = *dm.Ask().value();
  CHECK(status.targets.empty());
  CHECK(status.suspended && status.readOnly);
  CHECK_EQ(status.device.major, 0xfffU);
  CHECK_EQ(status.device.minor, 0xabc12U);
}

TEST("device-mapper: which devices the live table uses") {
  FakeDeviceMapper dm;
  dm.targets = kTargets;
  dm.dependencies = {8 << 8 | 32, 8 << 8 | 16, 0xabc'fff'12};
  const MapStatus status = *dm.Ask(MapRequest::kDeps).value();
  CHECK_EQ(Show(status.dependencies), "8:32 8:16 4095:703506 ");
  CHECK(status.targets.empty());
  CHECK_EQ(status.name, "mpatha");
  CHECK_EQ(FormatDeviceNumber(status.device), "254:3");
  CHECK_EQ(status.openCount, 2U);
  CHECK(dm.Ask(MapRequest::kStatus).value()->dependencies.empty());
  CHECK(dm.Ask(MapRequest::kMessage, "x").value()->dependencies.empty());
}

TEST("device-mapper: a table that uses no device, and a device without a table") {
  FakeDeviceMapper dm;
  dm.targets = {{0, 8, "zero", ""}};
  CHECK(dm.Ask(MapRequest::kDeps).value()->dependencies.empty());
  dm.targets.clear();
  dm.dependencies = {8 << 8};
  CHECK(dm.Ask(MapRequest::kDeps).value()->dependencies.empty());
}

TEST("device-mapper: dependencies that do not fit are asked for again, with more room") {
  FakeDeviceMapper dm;
  dm.targets = kTargets;
  // As many as the first buffer holds, and one more.
  const size_t most = (16'384 - sizeof(dm_ioctl) - sizeof(dm_target_deps)) / sizeof(uint64_t);
  dm.dependencies.assign(most, 8 << 8 | 16);
  CHECK_EQ(dm.Ask(MapRequest::kDeps).value()->dependencies.size(), most);
  CHECK_EQ(dm.requests.size(), size_t{1});
  dm.dependencies.push_back(8 << 8 | 32);
  const MapStatus status = *dm.Ask(MapRequest::kDeps).value();
  CHECK_EQ(status.dependencies.size(), most + 1);
  CHECK_EQ(FormatDeviceNumber(status.dependencies.back()), "8:32");
  CHECK_EQ(dm.requests.size(), size_t{3});
  CHECK_EQ(dm.requests.back().data_size, 65'536U);
  dm.dependencies.resize(1024 * 1024 / sizeof(uint64_t));
  CHECK_EQ(dm.Ask(MapRequest::kDeps).error().err, EMSGSIZE);
}

TEST("device-mapper: the buffer grows until the answer fits, and the request is made anew each time") {
  FakeDeviceMapper dm;
  dm.targets = {{0, 8, "multipath", std::string(100'000, 'p')}, {8, 8, "zero", ""}};
  const MapStatus status = *dm.Ask().value();
  CHECK_EQ(status.targets.size(), size_t{2});
  CHECK_EQ(status.targets[0].parameters.size(), size_t{100'000});
  std::vector<uint32_t> sizes;
  for (const dm_ioctl& request : dm.requests) sizes.push_back(request.data_size);
  CHECK_EQ(sizes, (std::vector<uint32_t>{16'384, 65'536, 262'144}));
}

TEST("device-mapper: but not for ever") {
  FakeDeviceMapper dm;
  dm.targets = {{0, 8, "multipath", std::string(1024 * 1024, 'p')}};
  CHECK_EQ(dm.Ask().error().err, EMSGSIZE);
  CHECK_EQ(dm.requests.size(), size_t{4});
  CHECK_EQ(dm.requests.back().data_size, 1024U * 1024U);
}

TEST("device-mapper: a message goes to sector 0, once, and its answer has no targets") {
  FakeDeviceMapper dm;
  dm.targets = kTargets;
  dm.flags = DM_BUFFER_FULL_FLAG | DM_DATA_OUT_FLAG;
  const MapStatus status = *dm.Ask(MapRequest::kMessage, "fail_if_no_path").value();
  CHECK(status.targets.empty());
  CHECK_EQ(status.name, "mpatha");
  CHECK_EQ(dm.commands, (std::vector<unsigned long>{DM_TARGET_MSG}));
  const std::string expected = std::string(8, '\0') + "fail_if_no_path" + '\0';
  CHECK_EQ(dm.payload.substr(0, expected.size()), expected);
  CHECK_EQ(dm.Ask(MapRequest::kMessage, std::string(16'384, 'm')).error().err, EMSGSIZE);
  CHECK_EQ(dm.commands.size(), size_t{1});
}

TEST("device-mapper: no such device is an answer, everything else a failure that names its call") {
  FakeDeviceMapper dm;
  dm.err = ENXIO;
  CHECK(!dm.Ask().value());
  CHECK(!dm.Ask(MapRequest::kMessage, "x").value());
  dm.err = EINVAL;
  const SysError refused = dm.Ask(MapRequest::kMessage, "x").error();
  CHECK_EQ(refused.err, EINVAL);
  CHECK_EQ(refused.syscall, std::string("ioctl(DM_TARGET_MSG)"));
  CHECK_EQ(refused.path, kControl);
  dm.err = EACCES;
  CHECK_EQ(dm.Ask(MapRequest::kTable).error().syscall, std::string("ioctl(DM_TABLE_STATUS)"));
  CHECK_EQ(dm.Ask(MapRequest::kDeps).error().syscall, std::string("ioctl(DM_TABLE_DEPS)"));
  // The node exists, but not its driver: that says nothing about the device.
  dm.openErr = ENXIO;
  CHECK_EQ(dm.Ask().error().syscall, std::string("openat"));
}

TEST("device-mapper: a uuid that would be cut off is refused, since it would be another's") {
  const FakeDeviceMapper dm;
  for (const std::string& uuid : {std::string(), std::string(129, 'u'), std::string("a\0b", 3)}) {
    CHECK_EQ(AskDeviceMapper(dm, {MapRequest::kStatus, kControl, uuid, {}}).error().err, EINVAL);
    CHECK_EQ(RemoveMap(dm, kControl, uuid).error().err, EINVAL);
  }
  CHECK(dm.commands.empty());
  const std::string longest(128, 'u');
  CHECK(AskDeviceMapper(dm, {MapRequest::kStatus, kControl, longest, {}}).ok());
  CHECK_EQ(dm.requests[0].uuid, longest);
}

TEST("device-mapper: removes, or says why not") {
  FakeDeviceMapper dm;
  CHECK_EQ(RemoveMap(dm, kControl, kUuid).value(), MapRemoval::kRemoved);
  CHECK_EQ(dm.commands, (std::vector<unsigned long>{DM_DEV_REMOVE}));
  CHECK_EQ(dm.requests[0].uuid, std::string(kUuid));
  CHECK_EQ(dm.requests[0].name, std::string());
  CHECK_EQ(dm.requests[0].flags, 0U);  // in particular not deferred
  CHECK_EQ(dm.requests[0].data_size, uint32_t{sizeof(dm_ioctl)});
  dm.err = EBUSY;
  CHECK_EQ(RemoveMap(dm, kControl, kUuid).value(), MapRemoval::kBusy);
  dm.err = ENXIO;
  CHECK_EQ(RemoveMap(dm, kControl, kUuid).value(), MapRemoval::kGone);
  dm.err = EACCES;
  CHECK_EQ(RemoveMap(dm, kControl, kUuid).error().syscall, std::string("ioctl(DM_DEV_REMOVE)"));
  for (const int err : {EBUSY, ENXIO, ENOENT}) {
    dm.openErr = err;
    CHECK_EQ(RemoveMap(dm, kControl, kUuid).error().syscall, std::string("openat"));
  }
}

}  // namespace
}  // namespace brickwork::test
