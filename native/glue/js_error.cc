#include "glue/js_error.h"

#include <system_error>

namespace brickwork {

Napi::Error ToJsError(Napi::Env env, const SysError& error) {
  std::string message = std::string(error.syscall) + ": " + std::generic_category().message(error.err);
  if (!error.path.empty()) message += ", " + error.path;
  Napi::Error converted = Napi::Error::New(env, message);
  converted.Set("errno", Napi::Number::New(env, -error.err));
  converted.Set("syscall", Napi::String::New(env, error.syscall));
  converted.Set("path", Napi::String::New(env, error.path));
  return converted;
}

}  // namespace brickwork
