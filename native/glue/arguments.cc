#include "glue/arguments.h"

#include <cmath>

namespace brickwork {

Napi::TypeError WrongArgument(Napi::Env env, const char* name, const char* expected) {
  return Napi::TypeError::New(env, std::string(name) + " must be " + expected);
}

std::string ToAttributeText(const Napi::Value& value, const char* name) {
  if (!value.IsString()) throw WrongArgument(value.Env(), name, "a string");
  std::string text = value.As<Napi::String>();
  if (text.find('\0') != std::string::npos) throw WrongArgument(value.Env(), name, "text without NUL");
  return text;
}

std::string ToText(const Napi::Value& value, const char* name) {
  std::string text = ToAttributeText(value, name);
  if (text.empty()) throw WrongArgument(value.Env(), name, "text without NUL, not empty");
  return text;
}

std::string ToRelativePath(const Napi::Value& value, const char* name) {
  std::string path = ToText(value, name);
  if (path[0] == '/') throw WrongArgument(value.Env(), name, "a relative path");
  return path;
}

Bytes ToOctets(const Napi::Value& value, const char* name) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    throw WrongArgument(value.Env(), name, "a Uint8Array");
  }
  const auto array = value.As<Napi::Uint8Array>();
  return Bytes(array.Data(), array.Data() + array.ByteLength());
}

Napi::Array ToArray(const Napi::Value& value, const char* name) {
  if (!value.IsArray()) throw WrongArgument(value.Env(), name, "an array");
  return value.As<Napi::Array>();
}

Napi::Object ToObject(const Napi::Value& value, const char* name) {
  if (!value.IsObject()) throw WrongArgument(value.Env(), name, "an object");
  return value.As<Napi::Object>();
}

std::string ToAbsolutePath(const Napi::Value& value, const char* name) {
  std::string path = ToText(value, name);
  if (path[0] != '/') throw WrongArgument(value.Env(), name, "an absolute path");
  return path;
}

std::string ToOptionalPath(const Napi::Value& value, const char* name) {
  return value.IsUndefined() ? std::string{} : ToAbsolutePath(value, name);
}

std::optional<Bytes> ToOptionalOctets(const Napi::Value& value, const char* name) {
  if (value.IsUndefined()) return std::nullopt;
  return ToOctets(value, name);
}

int64_t ToInteger(const Napi::Value& value, const char* name, int64_t least, int64_t most) {
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : std::nan("");
  if (!(number >= static_cast<double>(least) && number <= static_cast<double>(most)) || number != std::floor(number)) {
    throw WrongArgument(value.Env(), name, "an integer within its range");
  }
  return static_cast<int64_t>(number);
}

int ToMilliseconds(const Napi::Value& value, const char* name) {
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : std::nan("");
  // A day: no call here has a reason to wait longer, and sums stay within an int.
  if (!(number >= 0 && number <= 86'400'000)) throw WrongArgument(value.Env(), name, "milliseconds, at most a day");
  return static_cast<int>(std::ceil(number));
}

std::vector<WriteGuard> ToGuards(const Napi::Value& value) {
  const auto array = ToArray(value, "guards");
  std::vector<WriteGuard> guards;
  for (uint32_t i = 0; i < array.Length(); ++i) {
    const auto guard = ToObject(array.Get(i), "guard");
    guards.push_back({ToRelativePath(guard.Get("attribute"), "attribute of a guard"), ToOctets(guard.Get("equals"), "equals of a guard"),
                      guard.Get("prefix").ToBoolean()});
  }
  return guards;
}

std::string Arguments::Text(size_t index, const char* name) const { return ToText(info_[index], name); }

std::string Arguments::AbsolutePath(size_t index, const char* name) const { return ToAbsolutePath(info_[index], name); }

std::string Arguments::RelativePath(size_t index, const char* name) const { return ToRelativePath(info_[index], name); }

std::string Arguments::OptionalPath(size_t index, const char* name) const { return ToOptionalPath(info_[index], name); }

Bytes Arguments::Octets(size_t index, const char* name) const { return ToOctets(info_[index], name); }

std::optional<Bytes> Arguments::OptionalOctets(size_t index, const char* name) const { return ToOptionalOctets(info_[index], name); }

int64_t Arguments::Integer(size_t index, const char* name, int64_t least, int64_t most) const {
  return ToInteger(info_[index], name, least, most);
}

int Arguments::Milliseconds(size_t index, const char* name) const { return ToMilliseconds(info_[index], name); }

Napi::Function Arguments::Callback(size_t index, const char* name) const {
  if (!info_[index].IsFunction()) throw WrongArgument(info_.Env(), name, "a function");
  return info_[index].As<Napi::Function>();
}

}  // namespace brickwork
