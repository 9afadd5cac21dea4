#pragma once

#include <napi.h>

#include "core/bytes.h"
#include "core/guarded_write.h"
#include "core/sys_error.h"

namespace brickwork {

// Copies: memory that a native thread allocated stays with it.
Napi::Value FromBytes(Napi::Env env, Bytes& bytes);
Napi::Value FromDone(Napi::Env env, Done& value);
Napi::Value FromBool(Napi::Env env, bool& value);
Napi::Value FromInt(Napi::Env env, int& value);
Napi::Value FromWriteOutcome(Napi::Env env, WriteOutcome& outcome);

}  // namespace brickwork
