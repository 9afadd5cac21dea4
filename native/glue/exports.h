#pragma once

#include <napi.h>

namespace brickwork {

// One function for each member of the interface `Addon` of lib/host/native.ts, which documents them.
Napi::Value ReadTreeExport(const Napi::CallbackInfo& info);
Napi::Value ReadChangedExport(const Napi::CallbackInfo& info);
Napi::Value GuardedWriteExport(const Napi::CallbackInfo& info);
Napi::Value ReplaceFileExport(const Napi::CallbackInfo& info);
Napi::Value SyncDirectoryExport(const Napi::CallbackInfo& info);
Napi::Value ChangeRecordExport(const Napi::CallbackInfo& info);
Napi::Value SgCommandExport(const Napi::CallbackInfo& info);
Napi::Value TcpConnectExport(const Napi::CallbackInfo& info);
Napi::Value GreetExport(const Napi::CallbackInfo& info);
Napi::Value ExchangeExport(const Napi::CallbackInfo& info);
Napi::Value OpenersExport(const Napi::CallbackInfo& info);
Napi::Value DeviceMapperExport(const Napi::CallbackInfo& info);
Napi::Value LockOpenExport(const Napi::CallbackInfo& info);
Napi::Value LockTryExport(const Napi::CallbackInfo& info);
Napi::Value LockCloseExport(const Napi::CallbackInfo& info);
Napi::Value ReaderGoneExport(const Napi::CallbackInfo& info);
Napi::Value ListenExport(const Napi::CallbackInfo& info);
Napi::Value UnlistenExport(const Napi::CallbackInfo& info);
Napi::Value ReadFilesExport(const Napi::CallbackInfo& info);
Napi::Value RunJobExport(const Napi::CallbackInfo& info);
Napi::Value AbandonExport(const Napi::CallbackInfo& info);
Napi::Value StatsExport(const Napi::CallbackInfo& info);

}  // namespace brickwork
