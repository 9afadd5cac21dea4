#include "core/lock_file.h"
#include "glue/arguments.h"
#include "glue/environment.h"
#include "glue/exports.h"
#include "glue/js_error.h"

namespace brickwork {
namespace {

int ToLock(const Napi::CallbackInfo& info) {
  const auto fd = static_cast<int>(Arguments(info).Integer(0, "fd", 0, 0x7fffffff));
  if (Environment::Of(info.Env()).locks.count(fd) == 0)
    throw WrongArgument(info.Env(), "fd", "a descriptor of lockOpen() that is still open");
  return fd;
}

}  // namespace

// None of these blocks, so they run at once, on JavaScript's thread.

Napi::Value LockOpenExport(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::Of(info.Env());
  const auto opened = OpenLockFile(environment.sys(), Arguments(info).AbsolutePath(0, "path"));
  if (!opened.ok()) throw ToJsError(info.Env(), opened.error());
  environment.locks.insert(opened.value());
  return Napi::Number::New(info.Env(), opened.value());
}

Napi::Value LockTryExport(const Napi::CallbackInfo& info) {
  const Syscalls& sys = Environment::Of(info.Env()).sys();
  const int fd = ToLock(info);
  const auto note = Arguments(info).OptionalOctets(1, "note");
  const auto taken = TryLock(sys, fd);
  if (!taken.ok()) throw ToJsError(info.Env(), taken.error());
  if (taken.value() && note) NoteHolder(sys, fd, *note);
  return Napi::Boolean::New(info.Env(), taken.value());
}

Napi::Value LockCloseExport(const Napi::CallbackInfo& info) {
  Environment& environment = Environment::Of(info.Env());
  const int fd = ToLock(info);
  environment.locks.erase(fd);
  environment.sys().Close(fd);
  return info.Env().Undefined();
}

}  // namespace brickwork
