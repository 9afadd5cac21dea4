#pragma once

#include <napi.h>

#include <optional>
#include <string>
#include <vector>

#include "core/bytes.h"
#include "core/guarded_write.h"
#include "core/tree_plan.h"

namespace brickwork {

// Reads the arguments of a call, each with its name for the message. A wrong argument throws a TypeError at once: it is a bug of
// Brickwork's own TypeScript, never of the machine. Everything is copied, so no thread ever accesses JavaScript's memory.
class Arguments {
 public:
  explicit Arguments(const Napi::CallbackInfo& info) : info_(info) {}

  std::string Text(size_t index, const char* name) const;
  std::string AbsolutePath(size_t index, const char* name) const;
  std::string RelativePath(size_t index, const char* name) const;
  std::string OptionalPath(size_t index, const char* name) const;
  Bytes Octets(size_t index, const char* name) const;
  std::optional<Bytes> OptionalOctets(size_t index, const char* name) const;
  int64_t Integer(size_t index, const char* name, int64_t least, int64_t most) const;
  int Milliseconds(size_t index, const char* name) const;
  Napi::Function Callback(size_t index, const char* name) const;
  Napi::Value At(size_t index) const { return info_[index]; }

 private:
  const Napi::CallbackInfo& info_;
};

Napi::TypeError WrongArgument(Napi::Env env, const char* name, const char* expected);
// Text without NUL, which C would treat as its end.
std::string ToText(const Napi::Value& value, const char* name);
// The value of an attribute, which may be empty.
std::string ToAttributeText(const Napi::Value& value, const char* name);
std::string ToRelativePath(const Napi::Value& value, const char* name);
std::string ToAbsolutePath(const Napi::Value& value, const char* name);
std::string ToOptionalPath(const Napi::Value& value, const char* name);  // "" for undefined
Bytes ToOctets(const Napi::Value& value, const char* name);
std::optional<Bytes> ToOptionalOctets(const Napi::Value& value, const char* name);
int64_t ToInteger(const Napi::Value& value, const char* name, int64_t least, int64_t most);
int ToMilliseconds(const Napi::Value& value, const char* name);  // fractions are rounded up
Napi::Array ToArray(const Napi::Value& value, const char* name);
Napi::Object ToObject(const Napi::Value& value, const char* name);
std::vector<WriteGuard> ToGuards(const Napi::Value& value);
TreePlan ToTreePlan(const Napi::Value& value, int depth = 0);

}  // namespace brickwork
