#pragma once

#include <napi.h>

#include "core/sys_error.h"

namespace brickwork {

// A plain Error with `errno` (negative, as Node.js's own), `syscall` and `path`.
Napi::Error ToJsError(Napi::Env env, const SysError& error);

}  // namespace brickwork
