#include "glue/values.h"

namespace brickwork {

Napi::Value FromBytes(Napi::Env env, Bytes& bytes) { return Napi::Buffer<uint8_t>::Copy(env, bytes.data(), bytes.size()); }
Napi::Value FromDone(Napi::Env env, Done&) { return env.Undefined(); }
Napi::Value FromBool(Napi::Env env, bool& value) { return Napi::Boolean::New(env, value); }
Napi::Value FromInt(Napi::Env env, int& value) { return Napi::Number::New(env, value); }

Napi::Value FromWriteOutcome(Napi::Env env, WriteOutcome& outcome) {
  auto object = Napi::Object::New(env);
  if (outcome.kind != WriteOutcome::kChanged) {
    object.Set("outcome", outcome.kind == WriteOutcome::kWritten ? "written" : "gone");
    return object;
  }
  object.Set("outcome", "changed");
  object.Set("attribute", outcome.attribute);
  object.Set("found", FromBytes(env, outcome.found));
  return object;
}

}  // namespace brickwork
