#include "core/changed_files.h"
#include "core/guarded_write.h"
#include "core/lane_keys.h"
#include "core/read_files.h"
#include "core/record_change.h"
#include "core/replace_file.h"
#include "core/tree_reader.h"
#include "glue/arguments.h"
#include "glue/exports.h"
#include "glue/promise_job.h"
#include "glue/values.h"

namespace brickwork {

Napi::Value ReadTreeExport(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  const Syscalls& sys = Environment::Of(info.Env()).sys();
  return RunOnPool<Bytes>(
      info.Env(), Lane::kRead, {},
      [&sys, root = arguments.AbsolutePath(0, "root"), plan = ToTreePlan(arguments.At(1))] { return ReadTree(sys, root, plan); },
      FromBytes);
}

Napi::Value ReadChangedExport(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  const Syscalls& sys = Environment::Of(info.Env()).sys();
  return RunOnPool<Bytes>(
      info.Env(), Lane::kRead, {},
      [&sys, directory = arguments.AbsolutePath(0, "directory"), suffix = arguments.Text(1, "suffix"), state = arguments.Octets(2, "state")] {
        return ReadChangedFiles(sys, directory, suffix, state);
      },
      FromBytes);
}

Napi::Value ReadFilesExport(const Napi::CallbackInfo& info) {
  const Syscalls& sys = Environment::Of(info.Env()).sys();
  const auto array = ToArray(info[0], "paths");
  std::vector<std::string> paths;
  for (uint32_t i = 0; i < array.Length(); ++i) paths.push_back(ToAbsolutePath(array.Get(i), "paths"));
  const Lane lane = info[1].ToBoolean() ? Lane::kRead : Lane::kFile;
  return RunOnPool<Bytes>(info.Env(), lane, {}, [&sys, paths = std::move(paths)] { return ReadFiles(sys, paths); }, FromBytes);
}

Napi::Value GuardedWriteExport(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  const Syscalls& sys = Environment::Of(info.Env()).sys();
  std::string key = arguments.Text(0, "key");
  WriteRequest request{arguments.AbsolutePath(1, "directory"), ToGuards(arguments.At(2)), arguments.RelativePath(3, "attribute"),
                       arguments.Octets(4, "value")};
  return RunOnPool<WriteOutcome>(
      info.Env(), Lane::kWrite, WriteKey(key), [&sys, request = std::move(request)] { return WriteGuarded(sys, request); },
      FromWriteOutcome);
}

Napi::Value ReplaceFileExport(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  const Syscalls& sys = Environment::Of(info.Env()).sys();
  std::string path = arguments.AbsolutePath(0, "path");
  std::string key = FileKey(path);
  return RunOnPool<Done>(
      info.Env(), Lane::kFile, std::move(key),
      [&sys, path = std::move(path), temporary = arguments.AbsolutePath(1, "temporary"), data = arguments.Octets(2, "data"),
       mode = static_cast<mode_t>(arguments.Integer(3, "mode", 0, 07777)),
       keep = arguments.At(4).ToBoolean() ? Keep::kOnDisk : Keep::kInMemory] {
        return ReplaceFile(sys, path, temporary, data, mode, keep);
      },
      FromDone);
}

Napi::Value SyncDirectoryExport(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  const Syscalls& sys = Environment::Of(info.Env()).sys();
  return RunOnPool<bool>(
      info.Env(), Lane::kFile, {}, [&sys, path = arguments.AbsolutePath(0, "path")] { return SyncDirectory(sys, path); }, FromBool);
}

Napi::Value ChangeRecordExport(const Napi::CallbackInfo& info) {
  const Arguments arguments(info);
  const Syscalls& sys = Environment::Of(info.Env()).sys();
  RecordChange change{arguments.AbsolutePath(0, "lockDirectory"), arguments.OptionalPath(1, "path"), arguments.OptionalOctets(2, "data"),
                      arguments.Milliseconds(3, "timeoutMs")};
  std::string key = RecordKey(change.lockDirectory);
  return RunOnPool<bool>(
      info.Env(), Lane::kFile, std::move(key), [&sys, change = std::move(change)] { return ChangeRecord(sys, change); }, FromBool);
}

}  // namespace brickwork
