#include "core/device_mapper.h"

#include "test/fake_device_mapper.h"

namespace brickwork::test {
namespace {

constexpr char kParameters[] = "0 1 alua 1 1 service-time 0 1 1 8:16 1";
NewMap MapToMake() { return {kControl, "3600140500000000000000000000000a1", kUuid, uint64_t{1} << 33, false, kParameters}; }

TEST("device-mapper: makes a device, loads its table, and tells udev that it is new") {
  FakeDeviceMapper dm;
  CHECK_EQ(CreateMap(dm, MapToMake()).value(), MapCreation::kCreated);
  CHECK_EQ(dm.commands, (std::vector<unsigned long>{DM_DEV_CREATE, DM_TABLE_LOAD, DM_DEV_SUSPEND}));
  for (const dm_ioctl& request : dm.requests) CHECK_EQ(request.uuid, std::string(kUuid));
  CHECK_EQ(dm.requests[0].name, MapToMake().name);
  CHECK_EQ(dm.requests[1].name, std::string());
  CHECK_EQ(dm.requests[1].target_count, 1U);
  CHECK_EQ(dm.requests[1].flags, 0U);
  dm_target_spec spec{};
  std::memcpy(&spec, dm.table.data(), sizeof spec);
  CHECK_EQ(spec.sector_start, 0U);
  CHECK_EQ(spec.length, uint64_t{1} << 33);
  CHECK_EQ(spec.target_type, std::string("multipath"));
  CHECK_EQ(spec.next, dm.table.size());
  CHECK_EQ(dm.table.size() % 8, 0U);
  CHECK_EQ(dm.table.c_str() + sizeof spec, std::string(kParameters));
  CHECK_EQ(dm.requests[2].flags, 0U);  // a suspend has DM_SUSPEND_FLAG
  CHECK_EQ(dm.requests[2].event_nr, 0x400000U);

  NewMap readOnly = MapToMake();
  readOnly.readOnly = true;
  CHECK_EQ(CreateMap(dm, readOnly).value(), MapCreation::kCreated);
  CHECK_EQ(dm.requests[4].flags, uint32_t{DM_READONLY_FLAG});
}

TEST("device-mapper: what can't be made whole is not made") {
  const auto failing = [](unsigned long command, int err) {
    FakeDeviceMapper dm;
    dm.failing = command;
    dm.err = err;
    const auto made = CreateMap(dm, MapToMake());
    const bool removed = dm.commands.back() == DM_DEV_REMOVE && dm.requests.back().uuid == std::string(kUuid);
    const std::string answer = made.ok() ? (made.value() == MapCreation::kBusy ? "busy" : "created") : std::string(made.error().syscall);
    return answer + (removed ? ", removed" : "");
  };
  CHECK_EQ(failing(DM_DEV_CREATE, EBUSY), "busy");
  CHECK_EQ(failing(DM_DEV_CREATE, EPERM), "ioctl(DM_DEV_CREATE)");
  CHECK_EQ(failing(DM_TABLE_LOAD, EBUSY), "busy, removed");
  CHECK_EQ(failing(DM_TABLE_LOAD, ENXIO), "busy, removed");
  CHECK_EQ(failing(DM_TABLE_LOAD, EINVAL), "ioctl(DM_TABLE_LOAD), removed");
  CHECK_EQ(failing(DM_DEV_SUSPEND, EINVAL), "ioctl(DM_DEV_SUSPEND), removed");
  FakeDeviceMapper dm;
  dm.openErr = EACCES;
  CHECK_EQ(CreateMap(dm, MapToMake()).error().syscall, std::string("openat"));
}

TEST("device-mapper: a map whose name or uuid would be cut off is not made") {
  const FakeDeviceMapper dm;
  NewMap map = MapToMake();
  for (const std::string& name : {std::string(), std::string(DM_NAME_LEN, 'n'), std::string("a\0b", 3)}) {
    map.name = name;
    CHECK_EQ(CreateMap(dm, map).error().err, EINVAL);
  }
  map = MapToMake();
  map.uuid = std::string(DM_UUID_LEN, 'u');
  CHECK_EQ(CreateMap(dm, map).error().err, EINVAL);
  map = MapToMake();
  map.parameters = std::string("0\0", 2);
  CHECK_EQ(CreateMap(dm, map).error().err, EINVAL);
  CHECK(dm.commands.empty());
}

}  // namespace
}  // namespace brickwork::test
