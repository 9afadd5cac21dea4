#include "core/device_mapper.h"
#include "core/device_openers.h"
#include "core/sg_command.h"
#include "glue/arguments.h"
#include "glue/exports.h"
#include "glue/promise_job.h"
#include "glue/values.h"

namespace brickwork {
namespace {

constexpr size_t kCdbLimit = 32;
constexpr int64_t kDataLimit = 16 * 1024 * 1024;

Napi::Value FromScsiReply(Napi::Env env, ScsiReply& reply) {
  auto object = Napi::Object::New(env);
  object.Set("status", Napi::Number::New(env, reply.status));
  object.Set("hostStatus", Napi::Number::New(env, reply.hostStatus));
  object.Set("driverStatus", Napi::Number::New(env, reply.driverStatus));
  object.Set("sense", FromBytes(env, reply.sense));
  object.Set("data", FromBytes(env, reply.data));
  return object;
}

Napi::Value FromOpeners(Napi::Env env, Openers& found) {
  auto openers = Napi::Array::New(env, found.openers.size());
  for (uint32_t i = 0; i < found.openers.size(); ++i) {
    auto opener = Napi::Object::New(env);
    opener.Set("pid", Napi::Number::New(env, found.openers[i].pid));
    opener.Set("device", (found.openers[i].character ? "c" : "") + FormatDeviceNumber(found.openers[i].device));
    openers.Set(i, opener);
  }
  auto object = Napi::Object::New(env);
  object.Set("openers", openers);
  object.Set("unseen", Napi::Number::New(env, static_cast<double>(found.unseen)));
  return object;
}

Napi::Value FromMapStatus(Napi::Env env, std::optional<MapStatus>& found) {
  if (!found) return env.Undefined();
  auto targets = Napi::Array::New(env, found->targets.size());
  for (uint32_t i = 0; i < found->targets.size(); ++i) {
    const MapTarget& each = found->targets[i];
    auto target = Napi::Object::New(env);
    target.Set("start", Napi::Number::New(env, static_cast<double>(each.start)));
    target.Set("length", Napi::Number::New(env, static_cast<double>(each.length)));
    target.Set("type", each.type);
    target.Set("parameters", each.parameters);
    targets.Set(i, target);
  }
  auto dependencies = Napi::Array::New(env, found->dependencies.size());
  for (uint32_t i = 0; i < found->dependencies.size(); ++i) dependencies.Set(i, FormatDeviceNumber(found->dependencies[i]));
  auto object = Napi::Object::New(env);
  object.Set("name", found->name);
  object.Set("uuid", found->uuid);
  object.Set("device", FormatDeviceNumber(found->device));
  object.Set("openCount", Napi::Number::New(env, found->openCount));
  object.Set("suspended", Napi::Boolean::New(env, found->suspended));
  object.Set("readOnly", Napi::Boolean::New(env, found->readOnly));
  object.Set("targets", targets);
  object.Set("dependencies", dependencies);
  return object;
}

MapRequest::Command ToMapCommand(Napi::Env env, const std::string& name) {
  if (name == "status") return MapRequest::kStatus;
  if (name == "table") return MapRequest::kTable;
  if (name == "deps") return MapRequest::kDeps;
  if (name == "message") return MapRequest::kMessage;
  throw WrongArgument(env, "command", "status, table, deps or message");
}

}  // namespace

Napi::Value DeviceMapperExport(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  const Syscalls& sys = Environment::Of(info.Env()).sys();
  MapRequest request{
      ToMapCommand(info.Env(), arguments.Text(1, "command")), arguments.AbsolutePath(0, "control"), arguments.Text(2, "uuid"), {}};
  if (request.command == MapRequest::kMessage) request.message = arguments.Text(3, "message");
  const std::string key = request.uuid;
  return RunOnPool<std::optional<MapStatus>>(
      info.Env(), Lane::kMapper, key, [&sys, request = std::move(request)] { return AskDeviceMapper(sys, request); }, FromMapStatus);
}

static std::set<DeviceNumber> ToDeviceNumbers(Napi::Env env, const Napi::Value& value, const char* name) {
  std::set<DeviceNumber> devices;
  const auto numbers = ToArray(value, name);
  for (uint32_t i = 0; i < numbers.Length(); ++i) {
    const auto device = ParseDeviceNumber(ToText(numbers.Get(i), "device"));
    if (!device) throw WrongArgument(env, "device", "major:minor");
    devices.insert(*device);
  }
  return devices;
}

Napi::Value OpenersExport(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  const Syscalls& sys = Environment::Of(info.Env()).sys();
  DeviceNumbers devices{ToDeviceNumbers(info.Env(), arguments.At(1), "devices"), {}};
  if (!arguments.At(2).IsUndefined()) devices.character = ToDeviceNumbers(info.Env(), arguments.At(2), "characters");
  return RunOnPool<Openers>(
      info.Env(), Lane::kSearch, {},
      [&sys, proc = arguments.AbsolutePath(0, "proc"), devices = std::move(devices)] { return FindOpeners(sys, proc, devices); },
      FromOpeners);
}

Napi::Value SgCommandExport(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  const Environment& environment = Environment::Of(info.Env());
  ScsiRequest request{arguments.AbsolutePath(0, "node"), arguments.Octets(1, "cdb"),
                      static_cast<size_t>(arguments.Integer(2, "length", 0, kDataLimit)), arguments.Milliseconds(3, "timeoutMs")};
  if (request.cdb.empty() || request.cdb.size() > kCdbLimit) throw WrongArgument(info.Env(), "cdb", "1 to 32 bytes");
  if (request.timeoutMs == 0) throw WrongArgument(info.Env(), "timeoutMs", "more than 0");
  const std::string node = request.node;
  auto call = std::make_shared<SgCommand>(environment.sys(), std::move(request));
  return RunPolled<ScsiReply>(info.Env(), environment.devices(), node, std::move(call), FromScsiReply);
}

}  // namespace brickwork
