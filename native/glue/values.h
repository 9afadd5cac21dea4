#pragma once

#include <napi.h>

#include "core/bytes.h"
#include "core/sys_error.h"

namespace brickwork {

// Copies: what a thread of ours made is its own.
Napi::Value FromBytes(Napi::Env env, Bytes& bytes);
Napi::Value FromDone(Napi::Env env, Done& value);
Napi::Value FromBool(Napi::Env env, bool& value);
Napi::Value FromInt(Napi::Env env, int& value);

}  // namespace brickwork
