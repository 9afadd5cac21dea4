#include <napi.h>

#include "glue/environment.h"
#include "glue/exports.h"

namespace {

struct Export {
  const char* name;
  Napi::Value (*function)(const Napi::CallbackInfo&);
};

#ifdef __clang__
constexpr char kCompiler[] = __VERSION__;
#else
constexpr char kCompiler[] = "g++ " __VERSION__;
#endif

constexpr Export kExports[] = {
    {"readTree", brickwork::ReadTreeExport},
    {"readChanged", brickwork::ReadChangedExport},
    {"guardedWrite", brickwork::GuardedWriteExport},
    {"replaceFile", brickwork::ReplaceFileExport},
    {"syncDirectory", brickwork::SyncDirectoryExport},
    {"sgCommand", brickwork::SgCommandExport},
    {"tcpConnect", brickwork::TcpConnectExport},
    {"greet", brickwork::GreetExport},
    {"exchange", brickwork::ExchangeExport},
    {"lockOpen", brickwork::LockOpenExport},
    {"lockTry", brickwork::LockTryExport},
    {"lockClose", brickwork::LockCloseExport},
    {"readerGone", brickwork::ReaderGoneExport},
    {"listen", brickwork::ListenExport},
    {"unlisten", brickwork::UnlistenExport},
    {"changeRecord", brickwork::ChangeRecordExport},
    {"openers", brickwork::OpenersExport},
    {"deviceMapper", brickwork::DeviceMapperExport},
    {"readFiles", brickwork::ReadFilesExport},
    {"runJob", brickwork::RunJobExport},
    {"abandon", brickwork::AbandonExport},
    {"stats", brickwork::StatsExport},
};

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new brickwork::Environment(env));
  auto buildInfo = Napi::Object::New(env);
  buildInfo.Set("version", BRICKWORK_VERSION);
  buildInfo.Set("napiVersion", NAPI_VERSION);
  buildInfo.Set("compiler", kCompiler);
  exports.Set("buildInfo", buildInfo);
  for (const Export& entry : kExports) exports.Set(entry.name, Napi::Function::New(env, entry.function, entry.name));
  return exports;
}

}  // namespace

NODE_API_MODULE(brickwork, Init)
