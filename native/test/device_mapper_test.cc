#include "core/device_mapper.h"

#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <functional>
#include <random>

#include "test/check.h"
#include "test/fake_syscalls.h"

namespace brickwork::test {
namespace {

constexpr char kUuid[] = "mpath-3600140500000000000000000000000a1";
constexpr char kControl[] = "/dev/mapper/control";

// The kernel's side (drivers/md/dm-ioctl.c), as far as it goes here.
class FakeDeviceMapper : public FakeSyscalls {
 public:
  int openErr = 0, err = 0;
  std::vector<MapTarget> targets;
  std::function<void(Bytes&)> lie = [](Bytes&) {};
  uint64_t dev = 254 << 8 | 3;
  uint32_t flags = 0;
  mutable std::vector<dm_ioctl> requests;
  mutable std::vector<unsigned long> commands;
  mutable std::string payload;

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
    if (err != 0) return Fail(err);
    if (header.name[0] != '\0') return Fail(EINVAL);

    Bytes buffer(bytes, bytes + header.data_size);
    std::strcpy(header.name, "mpatha");
    header.dev = dev;
    header.open_count = 2;
    header.flags |= flags;
    header.target_count = static_cast<uint32_t>(targets.size());
    const size_t size = header.data_size;
    header.data_size = offsetof(dm_ioctl, data);
    if (command == DM_TABLE_STATUS) Report(header, buffer, size);
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
};

std::string Show(const std::vector<MapTarget>& targets) {
  std::string out;
  for (const MapTarget& each : targets) {
    out += std::to_string(each.start) + "+" + std::to_string(each.length) + " " + each.type + " " + each.parameters + ";";
  }
  return out;
}
template <typename T>
void Poke(Bytes& buffer, size_t at, T value) {
  std::memcpy(buffer.data() + at, &value, sizeof value);
}

const std::vector<MapTarget> kTargets{
    {0, 2048, "multipath", "2 0 1 0 1 1 A 0 2 0 8:16 A 0 8:32 F 1"}, {2048, 5, "zero", ""}, {2053, 1, "x", "y"}};

TEST("device-mapper: the request is by uuid alone, of the version that every kernel speaks, and flushes nothing") {
  FakeDeviceMapper dm;
  CHECK(dm.Ask().ok());
  CHECK(dm.Ask(MapRequest::kTable).ok());
  CHECK_EQ(dm.commands, (std::vector<unsigned long>{DM_TABLE_STATUS, DM_TABLE_STATUS}));
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
  // The node is there, but not what is behind it: that says nothing about the device.
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
  CHECK_EQ(dm.requests[0].flags, 0U);  // above all not deferred
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

constexpr size_t kStart = sizeof(dm_ioctl);
constexpr size_t kNext = kStart + offsetof(dm_target_spec, next);
constexpr size_t kParameters = kStart + sizeof(dm_target_spec);

TEST("device-mapper: an answer that leads out of itself is refused") {
  struct Lie {
    const char* what;
    std::function<void(Bytes&)> tell;
  };
  const std::vector<Lie> lies = {
      {"name without end", [](Bytes& b) { std::fill_n(b.begin() + offsetof(dm_ioctl, name), DM_NAME_LEN, 'n'); }},
      {"uuid without end", [](Bytes& b) { std::fill_n(b.begin() + offsetof(dm_ioctl, uuid), DM_UUID_LEN, 'u'); }},
      {"another's uuid", [](Bytes& b) { b[offsetof(dm_ioctl, uuid)] = 'M'; }},
      {"no uuid", [](Bytes& b) { b[offsetof(dm_ioctl, uuid)] = 0; }},
      {"size beyond the buffer", [](Bytes& b) { Poke<uint32_t>(b, offsetof(dm_ioctl, data_size), 16'385); }},
      {"largest size", [](Bytes& b) { Poke<uint32_t>(b, offsetof(dm_ioctl, data_size), 0xffffffff); }},
      {"size of the header only", [](Bytes& b) { Poke<uint32_t>(b, offsetof(dm_ioctl, data_size), offsetof(dm_ioctl, data)); }},
      {"size within the first target", [](Bytes& b) { Poke<uint32_t>(b, offsetof(dm_ioctl, data_size), kParameters - 1); }},
      {"size within its text", [](Bytes& b) { Poke<uint32_t>(b, offsetof(dm_ioctl, data_size), kParameters + 3); }},
      {"start within the header", [](Bytes& b) { Poke<uint32_t>(b, offsetof(dm_ioctl, data_start), 16); }},
      {"start beyond the end", [](Bytes& b) { Poke<uint32_t>(b, offsetof(dm_ioctl, data_start), 0x7fffffff); }},
      {"more targets than there are", [](Bytes& b) { Poke<uint32_t>(b, offsetof(dm_ioctl, target_count), 4); }},
      {"as many as can be", [](Bytes& b) { Poke<uint32_t>(b, offsetof(dm_ioctl, target_count), 0xffffffff); }},
      {"next is itself", [](Bytes& b) { Poke<uint32_t>(b, kNext, 0); }},
      {"next within the head", [](Bytes& b) { Poke<uint32_t>(b, kNext, 8); }},
      {"next within the text", [](Bytes& b) { Poke<uint32_t>(b, kNext, sizeof(dm_target_spec) + 4); }},
      {"next beyond the end", [](Bytes& b) { Poke<uint32_t>(b, kNext, 0xfffffff0); }},
      {"next just before the end", [](Bytes& b) { Poke<uint32_t>(b, kNext, 16'384 - kStart - 8); }},
      {"type without end",
       [](Bytes& b) { std::fill_n(b.begin() + kStart + offsetof(dm_target_spec, target_type), DM_MAX_TYPE_NAME, 't'); }},
      {"text without end", [](Bytes& b) { std::fill(b.begin() + kParameters, b.end(), 'p'); }},
  };
  for (const Lie& lie : lies) {
    FakeDeviceMapper dm;
    dm.targets = kTargets;
    dm.lie = lie.tell;
    const auto answer = dm.Ask();
    CHECK_EQ(std::string(lie.what) + (answer.ok() ? " believed" : ""), lie.what);
    CHECK_EQ(answer.error().err, EPROTO);
    CHECK_EQ(answer.error().syscall, std::string("ioctl(DM_TABLE_STATUS)"));
  }
}

TEST("device-mapper: where the last target's offset leads is not asked, nor a negative open count believed") {
  FakeDeviceMapper dm;
  dm.targets = {kTargets[0]};
  dm.lie = [](Bytes& b) {
    Poke<uint32_t>(b, kNext, 0xffffffff);
    Poke<int32_t>(b, offsetof(dm_ioctl, open_count), -1);
  };
  const MapStatus status = *dm.Ask().value();
  CHECK_EQ(status.targets.size(), size_t{1});
  CHECK_EQ(status.openCount, 0U);
}

// A fuzzer for machines without one: the sanitizers look.
TEST("device-mapper: no answer, however cut or changed, is read out of bounds") {
  FakeDeviceMapper dm;
  dm.targets = kTargets;
  Bytes whole;
  dm.lie = [&](const Bytes& answer) { whole = answer; };
  CHECK(dm.Ask().ok());
  whole.resize(kStart + 256);
  std::mt19937 random(7);
  for (int i = 0; i < 20'000; ++i) {
    // A copy of its own size: memory right behind it is nobody's.
    Bytes answer(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(i < 600 ? std::min<size_t>(i, whole.size()) : whole.size()));
    for (int changes = i % 4; changes > 0 && !answer.empty(); --changes) {
      // Numbers and their neighbours: the name and the uuid are long, and say little.
      const size_t places[] = {12, 16, 20, 24, kNext, kNext + 4, kParameters + random() % 200, random() % answer.size()};
      const size_t at = places[random() % std::size(places)];
      const auto value = static_cast<uint32_t>(random() % 3 == 0 ? random() : random() % 700);
      if (at + sizeof value <= answer.size()) Poke(answer, at, value);
    }
    const auto status = ParseMapAnswer(answer, true);
    if (status) CHECK(status->targets.size() <= answer.size() / sizeof(dm_target_spec));
  }
}

}  // namespace
}  // namespace brickwork::test
