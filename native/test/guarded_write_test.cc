#include "core/guarded_write.h"

#include "test/check.h"
#include "test/fake_files.h"

namespace brickwork::test {
namespace {

Bytes B(std::string_view text) { return Bytes(text.begin(), text.end()); }

std::string Show(const Result<WriteOutcome>& result) {
  if (!result.ok()) return std::string(result.error().syscall) + " " + result.error().path + " " + std::to_string(result.error().err);
  const WriteOutcome& outcome = result.value();
  if (outcome.kind == WriteOutcome::kChanged) return "changed " + outcome.attribute + "=" + std::string(AsText(outcome.found));
  return outcome.kind == WriteOutcome::kWritten ? "written" : "gone";
}

class Disk : public FakeFiles {
 public:
  Disk() {
    File("/sys/session3/targetname", "iqn.x\n");
    File("/sys/session3/4:0:0:1/wwid", "naa.6\n");
    File("/sys/session3/4:0:0:1/delete", "");
  }
  std::string Delete(const std::vector<WriteGuard>& guards) const {
    return Show(WriteGuarded(*this, {"/sys/session3/4:0:0:1", guards, "delete", B("1")}));
  }
};

TEST("write: guards hold, also one that leads upwards, and the value is written in one go") {
  Disk sys;
  CHECK_EQ(sys.Delete({{"wwid", B("naa.6")}, {"../targetname", B("iqn.x")}}), "written");
  CHECK_EQ(sys.TextOf("/sys/session3/4:0:0:1/delete"), "1");
}

TEST("write: nothing is written when a guard differs, and it is told which and how") {
  Disk sys;
  CHECK_EQ(sys.Delete({{"wwid", B("naa.6")}, {"../targetname", B("iqn.y")}}), "changed ../targetname=iqn.x");
  CHECK_EQ(sys.Delete({{"wwid", B("naa.6\n")}}), "changed wwid=naa.6");
  CHECK_EQ(sys.TextOf("/sys/session3/4:0:0:1/delete"), "");
}

TEST("write: gone, wherever the object goes") {
  for (const char* moment : {"openat /sys/session3/4:0:0:1", "openat wwid", "read wwid", "openat delete", "write delete"}) {
    Disk sys;
    sys.before = [&](const std::string& call) {
      if (call != moment) return;
      sys.before = {};
      sys.Vanish("/sys/session3/4:0:0:1");
    };
    CHECK_EQ(sys.Delete({{"wwid", B("naa.6")}}), "gone");
    CHECK(!sys.Exists("/sys/session3/4:0:0:1"));
  }
}

TEST("write: a newcomer of the same name is never written to") {
  Disk sys;
  sys.before = [&](const std::string& call) {
    if (call != "openat delete") return;
    sys.before = {};
    sys.Vanish("/sys/session3/4:0:0:1");
    sys.File("/sys/session3/4:0:0:1/wwid", "naa.7\n");
    sys.File("/sys/session3/4:0:0:1/delete", "");
  };
  CHECK_EQ(sys.Delete({{"wwid", B("naa.6")}}), "gone");
  CHECK_EQ(sys.TextOf("/sys/session3/4:0:0:1/delete"), "");
}

TEST("write: other errors are failures with the path, and half a write is one") {
  Disk sys;
  sys.faults["openat delete"] = EACCES;
  CHECK_EQ(sys.Delete({}), "openat /sys/session3/4:0:0:1/delete 13");
  sys.faults = {{"write delete", EINVAL}};
  CHECK_EQ(sys.Delete({}), "write /sys/session3/4:0:0:1/delete 22");
  sys.faults = {{"read wwid", EIO}};
  CHECK_EQ(sys.Delete({{"wwid", B("naa.6")}}), "read /sys/session3/4:0:0:1/wwid 5");
  sys.faults = {{"write delete", -1}};
  CHECK_EQ(Show(WriteGuarded(sys, {"/sys/session3/4:0:0:1", {}, "delete", B("10")})), "write /sys/session3/4:0:0:1/delete 5");
}

}  // namespace
}  // namespace brickwork::test
