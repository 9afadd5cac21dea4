#include "core/replace_file.h"

#include "test/check.h"
#include "test/fake_files.h"

namespace brickwork::test {
namespace {

constexpr char kPath[] = "/run/claims/a.json";
constexpr char kTemporary[] = "/run/claims/.a.tmp";

class Claims : public FakeFiles {
 public:
  Claims() { Directory("/run/claims"); }
  std::string Replace(const std::string& text, mode_t mode, Keep keep = Keep::kInMemory) const {
    const auto replaced = ReplaceFile(*this, kPath, kTemporary, Bytes(text.begin(), text.end()), mode, keep);
    CHECK(!Exists(kTemporary));
    if (replaced.ok()) return "done";
    return std::string(replaced.error().syscall) + " " + replaced.error().path + " " + std::to_string(replaced.error().err);
  }
};

TEST("replace: a new file and one that is there, with exactly the mode that was asked for") {
  Claims sys;
  CHECK_EQ(sys.Replace("one", 0666), "done");
  CHECK_EQ(sys.TextOf(kPath), "one");
  CHECK_EQ(sys.Find(kPath)->mode, mode_t{0666});
  CHECK_EQ(sys.Replace("", 0600), "done");
  CHECK_EQ(sys.TextOf(kPath), "");
  CHECK_EQ(sys.Find(kPath)->mode, mode_t{0600});
}

TEST("replace: durable before it is renamed, when that is asked for") {
  Claims sys;
  const auto write = std::string("write ") + kTemporary;
  const auto create = std::string("create ") + kTemporary;
  const auto rename = std::string("rename ") + kPath;
  CHECK_EQ(sys.Replace("one", 0600), "done");
  CHECK_EQ(sys.log, (std::vector<std::string>{create, write, rename}));
  sys.log.clear();
  CHECK_EQ(sys.Replace("two", 0600, Keep::kOnDisk), "done");
  CHECK_EQ(sys.log, (std::vector<std::string>{create, write, std::string("fsync ") + kTemporary, rename}));
}

TEST("replace: whatever fails is told, leaves the old file as it was, and nothing else") {
  for (const char* call : {"openat", "fchmod", "write", "fsync", "rename"}) {
    Claims sys;
    sys.File(kPath, "old");
    sys.faults[std::string(call) + " " + kTemporary] = ENOSPC;
    const std::string about = std::string(call) == "rename" ? kPath : kTemporary;
    CHECK_EQ(sys.Replace("new", 0600, Keep::kOnDisk), std::string(call) + " " + about + " " + std::to_string(ENOSPC));
    CHECK_EQ(sys.TextOf(kPath), "old");
  }
}

TEST("replace: what lies in the place of the temporary file is not written to") {
  Claims sys;
  sys.File("/etc/other", "other");
  sys.SymbolicLink(kTemporary, "/etc/other");
  const Bytes data{'x'};
  CHECK(!ReplaceFile(sys, kPath, kTemporary, data, 0600, Keep::kInMemory).ok());
  CHECK_EQ(sys.TextOf("/etc/other"), "other");
  CHECK(!sys.Exists(kPath));
}

}  // namespace
}  // namespace brickwork::test
