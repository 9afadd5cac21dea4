#include "core/helper_service.h"

#include <algorithm>

#include "core/block_device.h"
#include "core/device_mapper.h"
#include "core/fabrics.h"
#include "core/guarded_write.h"
#include "core/nvme_admin.h"

namespace brickwork {
namespace {

enum Operation : uint8_t {
  kGuardedWrite = 1,
  kHold = 2,
  kRelease = 3,
  kFlush = 4,
  kReadDirect = 5,
  kRemoveMap = 6,
  kCreateMap = 7,
  kSetReadOnly = 8,
  kConnectFabrics = 9,
  kKeepController = 10,
  kDiscardController = 11,
  kNvmeAdmin = 12,
  kFabricsOptions = 13
};
enum Performed : uint8_t { kDone = 0, kFailed = 1 };
enum HoldAnswer : uint8_t { kHeld = 0, kBusy = 1, kAbsent = 2 };
enum ConnectAnswer : uint8_t { kConnected = 0, kRefused = 1 };
enum OptionsAnswer : uint8_t { kListed = 0, kNoList = 1 };

constexpr uint32_t kReadLimit = 16 * 1024 * 1024;

bool HasNul(const Bytes& field) { return std::find(field.begin(), field.end(), 0) != field.end(); }
// A path or a uuid of a request: non-empty text without NUL.
bool IsText(const Bytes& field) { return !field.empty() && !HasNul(field); }
std::string TextOf(const Bytes& field) { return std::string(AsText(field)); }
Bytes BytesOf(std::string_view text) { return Bytes(text.begin(), text.end()); }
SysError Malformed() { return SysError{EINVAL, "request", {}}; }

}  // namespace

HelperService::~HelperService() {
  if (controller_) (void)DeleteController(sys_, controller_.get());
}

HelperFrame HelperService::Answer(const HelperFrame& request) {
  auto performed = Perform(request);
  if (performed.ok()) return HelperFrame{request.id, kDone, std::move(performed.value())};
  const SysError& error = performed.error();
  return HelperFrame{request.id, kFailed, {U32Field(static_cast<uint32_t>(error.err)), BytesOf(error.syscall), BytesOf(error.path)}};
}

Result<HelperService::Fields> HelperService::Perform(const HelperFrame& request) {
  switch (request.kind) {
    case kGuardedWrite:
      return Write(request.fields);
    case kHold:
      return Hold(request.fields);
    case kRelease:
      return Release(request.fields);
    case kFlush:
      return Flush(request.fields);
    case kReadDirect:
      return Read(request.fields);
    case kRemoveMap:
      return Remove(request.fields);
    case kCreateMap:
      return Create(request.fields);
    case kSetReadOnly:
      return Access(request.fields);
    case kConnectFabrics:
      return Connect(request.fields);
    case kKeepController:
      return Keep(request.fields);
    case kDiscardController:
      return Discard(request.fields);
    case kNvmeAdmin:
      return Admin(request.fields);
    case kFabricsOptions:
      return Options(request.fields);
    default:
      return SysError{ENOSYS, "request", {}};
  }
}

Result<HelperService::Fields> HelperService::Write(const Fields& fields) {
  if (fields.size() < 3 || fields.size() % 3 != 0 || !IsText(fields[0]) || !IsText(fields[1]) || fields[1][0] == '/') return Malformed();
  WriteRequest request{TextOf(fields[0]), {}, TextOf(fields[1]), fields[2]};
  for (size_t i = 3; i < fields.size(); i += 3) {
    if (!IsText(fields[i]) || fields[i][0] == '/' || fields[i + 2].size() != 1) return Malformed();
    request.guards.push_back({TextOf(fields[i]), fields[i + 1], fields[i + 2][0] != 0});
  }
  auto outcome = WriteGuarded(sys_, request);
  if (!outcome.ok()) return outcome.error();
  Fields answer{Bytes{outcome.value().kind}};
  if (outcome.value().kind == WriteOutcome::kChanged) {
    answer.push_back(BytesOf(outcome.value().attribute));
    answer.push_back(Bytes{1});
    answer.push_back(std::move(outcome.value().found));
  }
  return answer;
}

Result<HelperService::Fields> HelperService::Hold(const Fields& fields) {
  if (fields.size() != 1 || !IsText(fields[0])) return Malformed();
  if (held_) return SysError{EALREADY, "hold", TextOf(fields[0])};
  auto opened = OpenExclusively(sys_, TextOf(fields[0]));
  if (opened.ok()) {
    held_ = std::move(opened.value());
    return Fields{Bytes{kHeld}};
  }
  const int err = opened.error().err;
  if (err == EBUSY) return Fields{Bytes{kBusy}};
  if (IsAbsence(err) || err == ENXIO) return Fields{Bytes{kAbsent}};
  return opened.error();
}

Result<HelperService::Fields> HelperService::Release(const Fields& fields) {
  if (!fields.empty()) return Malformed();
  held_.Reset();
  return Fields{};
}

Result<HelperService::Fields> HelperService::Flush(const Fields& fields) {
  if (fields.size() != 1 || !IsText(fields[0])) return Malformed();
  const auto flushed = FlushDevice(sys_, TextOf(fields[0]));
  if (!flushed.ok()) return flushed.error();
  return Fields{};
}

Result<HelperService::Fields> HelperService::Read(const Fields& fields) {
  if (fields.size() != 3 || !IsText(fields[0]) || fields[1].size() != 8 || fields[2].size() != 4) return Malformed();
  const uint32_t length = ReadU32(fields[2].data());
  if (length == 0 || length > kReadLimit) return Malformed();
  auto read = ReadDirect(sys_, TextOf(fields[0]), ReadU64(fields[1].data()), length);
  if (!read.ok()) return read.error();
  Fields answer;
  answer.push_back(std::move(read.value()));
  return answer;
}

Result<HelperService::Fields> HelperService::Remove(const Fields& fields) {
  if (fields.size() != 2 || !IsText(fields[0]) || !IsText(fields[1])) return Malformed();
  const auto removal = RemoveMap(sys_, TextOf(fields[0]), TextOf(fields[1]));
  if (!removal.ok()) return removal.error();
  return Fields{Bytes{static_cast<uint8_t>(removal.value())}};
}

Result<HelperService::Fields> HelperService::Create(const Fields& fields) {
  if (fields.size() != 6 || fields[3].size() != 8 || fields[4].size() != 1) return Malformed();
  for (const size_t text : {size_t{0}, size_t{1}, size_t{2}, size_t{5}}) {
    if (!IsText(fields[text])) return Malformed();
  }
  const NewMap map{TextOf(fields[0]), TextOf(fields[1]), TextOf(fields[2]), ReadU64(fields[3].data()), fields[4][0] != 0, TextOf(fields[5])};
  const auto creation = CreateMap(sys_, map);
  if (!creation.ok()) return creation.error();
  return Fields{Bytes{static_cast<uint8_t>(creation.value())}};
}

Result<HelperService::Fields> HelperService::Access(const Fields& fields) {
  if (fields.size() != 3 || !IsText(fields[0]) || fields[1].size() != 1 || fields[1][0] > 1 || fields[2].size() != 8) return Malformed();
  const auto change = SetReadOnly(sys_, TextOf(fields[0]), fields[1][0] == 1, ReadU64(fields[2].data()));
  if (!change.ok()) return change.error();
  return Fields{Bytes{static_cast<uint8_t>(change.value())}};
}

Result<HelperService::Fields> HelperService::Connect(const Fields& fields) {
  if (fields.size() != 4 || !IsText(fields[0]) || !IsText(fields[1]) || !IsText(fields[2]) || HasNul(fields[3])) return Malformed();
  if (controller_) return SysError{EALREADY, "connect", TextOf(fields[0])};
  auto connected = ConnectFabrics(sys_, {TextOf(fields[0]), fields[1], TextOf(fields[2]), TextOf(fields[3])});
  if (!connected.ok()) return connected.error();
  const int err = connected.value().err;
  if (err != 0) return Fields{Bytes{kRefused}, U32Field(static_cast<uint32_t>(err))};
  controller_ = std::move(connected.value().directory);
  return Fields{Bytes{kConnected}, U32Field(connected.value().instance)};
}

Result<HelperService::Fields> HelperService::Keep(const Fields& fields) {
  if (!fields.empty()) return Malformed();
  controller_.Reset();
  return Fields{};
}

Result<HelperService::Fields> HelperService::Discard(const Fields& fields) {
  if (!fields.empty()) return Malformed();
  if (!controller_) return Fields{Bytes{static_cast<uint8_t>(Deletion::kGone)}};
  const auto deletion = DeleteController(sys_, controller_.get());
  if (!deletion.ok()) return deletion.error();
  controller_.Reset();
  return Fields{Bytes{static_cast<uint8_t>(deletion.value())}};
}

Result<HelperService::Fields> HelperService::Admin(const Fields& fields) {
  if (fields.size() != 5 || !IsText(fields[0]) || fields[1].size() != 1) return Malformed();
  for (size_t number = 2; number < fields.size(); ++number) {
    if (fields[number].size() != 4) return Malformed();
  }
  const NvmeAdminRequest request{TextOf(fields[0]), fields[1][0], ReadU32(fields[2].data()), ReadU32(fields[3].data()),
                                 ReadU32(fields[4].data())};
  if (request.length == 0 || request.length > kAdminDataLimit) return Malformed();
  auto reply = SendNvmeAdmin(sys_, request);
  if (!reply.ok()) return reply.error();
  Fields answer{U32Field(reply.value().status)};
  answer.push_back(std::move(reply.value().data));
  return answer;
}

Result<HelperService::Fields> HelperService::Options(const Fields& fields) {
  if (fields.size() != 1 || !IsText(fields[0])) return Malformed();
  auto options = ReadFabricsOptions(sys_, TextOf(fields[0]));
  if (!options.ok()) return options.error();
  if (!options.value()) return Fields{Bytes{kNoList}};
  return Fields{Bytes{kListed}, std::move(*options.value())};
}

}  // namespace brickwork
