#include "core/map_answer.h"

#include <algorithm>
#include <random>

#include "test/fake_device_mapper.h"

namespace brickwork::test {
namespace {

template <typename T>
void Poke(Bytes& buffer, size_t at, T value) {
  std::memcpy(buffer.data() + at, &value, sizeof value);
}

constexpr size_t kStart = sizeof(dm_ioctl);
constexpr size_t kNext = kStart + offsetof(dm_target_spec, next);
constexpr size_t kParameters = kStart + sizeof(dm_target_spec);
constexpr size_t kDevices = kStart + sizeof(dm_target_deps);
const std::vector<uint64_t> kDependencies{8 << 8 | 32, 8 << 8 | 16};

struct Lie {
  const char* what;
  std::function<void(Bytes&)> tell;
};
void CheckRefused(const Lie& lie, MapRequest::Command command, const char* syscall) {
  FakeDeviceMapper dm;
  dm.targets = kTargets;
  dm.dependencies = kDependencies;
  dm.lie = lie.tell;
  const auto answer = dm.Ask(command);
  CHECK_EQ(std::string(lie.what) + (answer.ok() ? " believed" : ""), lie.what);
  CHECK_EQ(answer.error().err, EPROTO);
  CHECK_EQ(answer.error().syscall, std::string(syscall));
}

TEST("device-mapper: an answer that leads out of itself is refused") {
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
  for (const Lie& lie : lies) CheckRefused(lie, MapRequest::kStatus, "ioctl(DM_TABLE_STATUS)");
}

TEST("device-mapper: dependencies that lead out of the answer are refused") {
  const std::vector<Lie> lies = {
      {"name without end", [](Bytes& b) { std::fill_n(b.begin() + offsetof(dm_ioctl, name), DM_NAME_LEN, 'n'); }},
      {"another's uuid", [](Bytes& b) { b[offsetof(dm_ioctl, uuid)] = 'M'; }},
      {"size beyond the buffer", [](Bytes& b) { Poke<uint32_t>(b, offsetof(dm_ioctl, data_size), 16'385); }},
      {"largest size", [](Bytes& b) { Poke<uint32_t>(b, offsetof(dm_ioctl, data_size), 0xffffffff); }},
      {"size of the header only", [](Bytes& b) { Poke<uint32_t>(b, offsetof(dm_ioctl, data_size), offsetof(dm_ioctl, data)); }},
      {"no room for the count", [](Bytes& b) { Poke<uint32_t>(b, offsetof(dm_ioctl, data_size), kDevices - 1); }},
      {"size within the last device", [](Bytes& b) { Poke<uint32_t>(b, offsetof(dm_ioctl, data_size), kDevices + 15); }},
      {"start within the header", [](Bytes& b) { Poke<uint32_t>(b, offsetof(dm_ioctl, data_start), 16); }},
      {"start just before the end", [](Bytes& b) { Poke<uint32_t>(b, offsetof(dm_ioctl, data_start), kDevices + 1); }},
      {"start beyond the end", [](Bytes& b) { Poke<uint32_t>(b, offsetof(dm_ioctl, data_start), 0x7fffffff); }},
      {"one device more than there are", [](Bytes& b) { Poke<uint32_t>(b, kStart, 3); }},
      {"as many as can be", [](Bytes& b) { Poke<uint32_t>(b, kStart, 0xffffffff); }},
      {"as many as come to no bytes in 32 bits", [](Bytes& b) { Poke<uint32_t>(b, kStart, 0x20000000); }},
  };
  for (const Lie& lie : lies) CheckRefused(lie, MapRequest::kDeps, "ioctl(DM_TABLE_DEPS)");
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

// A simple fuzzer for machines without libFuzzer. The sanitizers detect the errors.
void ChangeAtRandom(MapRequest::Command question, const std::vector<size_t>& numbers) {
  FakeDeviceMapper dm;
  dm.targets = kTargets;
  dm.dependencies = kDependencies;
  Bytes whole;
  dm.lie = [&](const Bytes& answer) { whole = answer; };
  CHECK(dm.Ask(question).ok());
  whole.resize(kStart + 256);
  std::mt19937 random(7);
  for (int i = 0; i < 20'000; ++i) {
    // A copy of exact size, so that sanitizers detect any access behind it.
    Bytes answer(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(i < 600 ? std::min<size_t>(i, whole.size()) : whole.size()));
    for (int changes = i % 4; changes > 0 && !answer.empty(); --changes) {
      // Mostly numbers and their neighbours: the name and the uuid are long and have little effect.
      std::vector<size_t> places{12, 16, 20, 24, kParameters + random() % 200, random() % answer.size()};
      places.insert(places.end(), numbers.begin(), numbers.end());
      const size_t at = places[random() % places.size()];
      const auto value = static_cast<uint32_t>(random() % 3 == 0 ? random() : random() % 700);
      if (at + sizeof value <= answer.size()) Poke(answer, at, value);
    }
    // The bytes may be taken for the answer to any request.
    for (const MapResults asked : {MapResults::kNone, MapResults::kTargets, MapResults::kDependencies}) {
      const auto status = ParseMapAnswer(answer, asked);
      if (!status) continue;
      CHECK(status->targets.size() <= (asked == MapResults::kTargets ? answer.size() / sizeof(dm_target_spec) : 0));
      CHECK(status->dependencies.size() <= (asked == MapResults::kDependencies ? answer.size() / sizeof(uint64_t) : 0));
    }
  }
}

TEST("device-mapper: no answer, however cut or changed, is read out of bounds") { ChangeAtRandom(MapRequest::kStatus, {kNext, kNext + 4}); }

TEST("device-mapper: nor one with dependencies") { ChangeAtRandom(MapRequest::kDeps, {kStart, kStart, kStart + 4}); }

}  // namespace
}  // namespace brickwork::test
