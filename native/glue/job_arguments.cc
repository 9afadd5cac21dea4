#include "glue/job_arguments.h"

#include "glue/arguments.h"

namespace brickwork {
namespace {

constexpr uint32_t kStepLimit = 256;

std::string ToOptionalText(const Napi::Value& value, const char* name) {
  return value.IsUndefined() ? std::string{} : ToText(value, name);
}

template <typename T, typename Convert>
std::vector<T> ToList(const Napi::Value& value, const char* name, Convert convert) {
  const auto array = ToArray(value, name);
  std::vector<T> list;
  for (uint32_t i = 0; i < array.Length(); ++i) {
    const Napi::HandleScope scope(value.Env());
    list.push_back(convert(array.Get(i)));
  }
  return list;
}

TreeExpectation ToExpectation(const Napi::Value& value) {
  const auto object = ToObject(value, "expectation");
  TreeExpectation expectation{ToList<std::string>(object.Get("path"), "path", [](const Napi::Value& name) { return ToText(name, "path"); }),
                              ToOptionalText(object.Get("attribute"), "attribute"), {}, object.Get("absent").ToBoolean(),
                              ToOctets(object.Get("firstByte"), "firstByte")};
  for (const std::string& one : ToList<std::string>(object.Get("among"), "among", [](const Napi::Value& text) { return ToAttributeText(text, "among"); }))
    expectation.among.insert(one);
  return expectation;
}

UeventMatch ToMatch(const Napi::Value& value) {
  const auto object = ToObject(value, "uevent");
  return {ToText(object.Get("component"), "component"), ToOptionalText(object.Get("subsystem"), "subsystem"),
          ToOptionalText(object.Get("action"), "action")};
}

TreeStep ToTreeStep(const Napi::Object& step) { return {ToAbsolutePath(step.Get("root"), "root"), ToTreePlan(step.Get("plan"))}; }

ConnectStep ToConnectStep(const Napi::Object& step) {
  const auto port = static_cast<uint16_t>(ToInteger(step.Get("port"), "port", 1, 65535));
  const auto address = ParseTcpAddress(ToText(step.Get("address"), "address"), port);
  if (!address) throw WrongArgument(step.Env(), "address", "a numeric IPv4 or IPv6 address without brackets");
  return {*address, ToMilliseconds(step.Get("timeoutMs"), "timeoutMs"), ToOptionalPath(step.Get("netns"), "netns")};
}

RecordStep ToRecordStep(const Napi::Object& step) {
  const int timeoutMs = ToMilliseconds(step.Get("timeoutMs"), "timeoutMs");
  RecordChange change{ToAbsolutePath(step.Get("lockDirectory"), "lockDirectory"), ToOptionalPath(step.Get("path"), "path"),
                      ToOptionalOctets(step.Get("data"), "data"), ToMilliseconds(step.Get("sliceMs"), "sliceMs")};
  return {std::move(change), timeoutMs};
}

ExchangeStep ToExchangeStep(const Napi::Object& step) {
  ExchangeRequest request{ToText(step.Get("socket"), "socket"), ToOctets(step.Get("bytes"), "bytes"), ReplyEnd::kEof,
                          ToMilliseconds(step.Get("timeoutMs"), "timeoutMs"), ToOptionalPath(step.Get("netns"), "netns")};
  if (!AbstractAddress(request.socket)) throw WrongArgument(step.Env(), "socket", "a name of at most 107 bytes");
  return {std::move(request)};
}

WriteStep ToWriteStep(const Napi::Object& step) {
  return {ToText(step.Get("key"), "key"),
          {ToAbsolutePath(step.Get("directory"), "directory"), ToGuards(step.Get("guards")), ToRelativePath(step.Get("attribute"), "attribute"),
           ToOctets(step.Get("value"), "value")}};
}

AwaitTreeStep ToAwaitTreeStep(const Napi::Object& step) {
  return {ToTreeStep(step), ToList<UeventMatch>(step.Get("uevents"), "uevents", ToMatch),
          ToList<TreeExpectation>(step.Get("until"), "until", ToExpectation), ToMilliseconds(step.Get("timeoutMs"), "timeoutMs")};
}

JobStep ToJobStep(const Napi::Value& value) {
  const auto step = ToObject(value, "step");
  const std::string what = ToText(step.Get("do"), "do");
  if (what == "connect") return ToConnectStep(step);
  if (what == "flock") return FlockStep{ToAbsolutePath(step.Get("path"), "path"), ToOptionalOctets(step.Get("note"), "note")};
  if (what == "replace") {
    return ReplaceStep{ToAbsolutePath(step.Get("path"), "path"), ToAbsolutePath(step.Get("temporary"), "temporary"),
                       ToOctets(step.Get("data"), "data"), static_cast<mode_t>(ToInteger(step.Get("mode"), "mode", 0, 07777))};
  }
  if (what == "changeRecord") return ToRecordStep(step);
  if (what == "exchange") return ToExchangeStep(step);
  if (what == "write") return ToWriteStep(step);
  if (what == "readTree") return ToTreeStep(step);
  if (what == "awaitTree") return ToAwaitTreeStep(step);
  if (what == "readChanged") {
    return ChangedStep{ToAbsolutePath(step.Get("directory"), "directory"), ToText(step.Get("suffix"), "suffix"),
                       ToOctets(step.Get("state"), "state")};
  }
  if (what == "readFiles")
    return FilesStep{ToList<std::string>(step.Get("paths"), "paths", [](const Napi::Value& path) { return ToAbsolutePath(path, "paths"); })};
  if (what == "check")
    return CheckStep{static_cast<size_t>(ToInteger(step.Get("step"), "step", 0, kStepLimit)), ToExpectation(step.Get("expectation"))};
  throw WrongArgument(value.Env(), "do", "the name of a step");
}

}  // namespace

std::vector<JobStep> ToJobSteps(const Napi::Value& value) {
  if (ToArray(value, "steps").Length() > kStepLimit) throw WrongArgument(value.Env(), "steps", "at most 256");
  return ToList<JobStep>(value, "steps", ToJobStep);
}

}  // namespace brickwork
