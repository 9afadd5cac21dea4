#include "core/reader_gone.h"
#include "glue/arguments.h"
#include "glue/environment.h"
#include "glue/exports.h"

namespace brickwork {

// Never waits, so it runs at once, on JavaScript's thread.
Napi::Value ReaderGoneExport(const Napi::CallbackInfo& info) {
  const auto fd = static_cast<int>(Arguments(info).Integer(0, "fd", 0, 0x7fffffff));
  return Napi::Boolean::New(info.Env(), ReaderGone(Environment::Of(info.Env()).sys(), fd));
}

}  // namespace brickwork
