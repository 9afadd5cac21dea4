#include "glue/values.h"

namespace brickwork {

Napi::Value FromBytes(Napi::Env env, Bytes& bytes) { return Napi::Buffer<uint8_t>::Copy(env, bytes.data(), bytes.size()); }
Napi::Value FromDone(Napi::Env env, Done&) { return env.Undefined(); }
Napi::Value FromBool(Napi::Env env, bool& value) { return Napi::Boolean::New(env, value); }
Napi::Value FromInt(Napi::Env env, int& value) { return Napi::Number::New(env, value); }

}  // namespace brickwork
