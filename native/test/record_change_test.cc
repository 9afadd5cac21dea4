#include "core/record_change.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>

#include "core/record_path.h"
#include "test/check.h"
#include "test/fake_files.h"

namespace brickwork::test {
namespace {

constexpr char kRecord[] = "/etc/iscsi/nodes/iqn.x/192.0.2.1,3260,1/default";
constexpr char kFlat[] = "/etc/iscsi/nodes/iqn.x/192.0.2.1,3260";

class Database : public FakeFiles {
 public:
  Database() {
    Directory("/run/lock/iscsi");
    Directory("/etc/iscsi/nodes");
    File("/etc/iscsi/iscsid.conf", "");
  }
  std::string Change(const std::string& path, std::optional<std::string> text, int timeoutMs = 100) const {
    std::optional<Bytes> data;
    if (text) data = Bytes(text->begin(), text->end());
    const auto changed = ChangeRecord(*this, {"/run/lock/iscsi", path, data, timeoutMs});
    CHECK(!heldByUs());
    if (!changed.ok()) return std::string(changed.error().syscall) + " " + changed.error().path + " " + std::to_string(changed.error().err);
    return changed.value() ? "done" : "locked";
  }
  bool heldByUs() const { return Exists("/run/lock/iscsi/lock.write") && !others; }
  size_t At(const std::string& entry) const { return static_cast<size_t>(std::find(log.begin(), log.end(), entry) - log.begin()); }
  bool others = false;
};

TEST("record: written beside the database, made durable, renamed, under the lock") {
  Database sys;
  CHECK_EQ(sys.Change(kRecord, "text"), "done");
  CHECK_EQ(sys.TextOf(kRecord), "text");
  CHECK_EQ(sys.Find(kRecord)->mode, mode_t{0600});
  CHECK_EQ(sys.Find("/etc/iscsi/nodes/iqn.x")->mode, mode_t{0700});
  CHECK_EQ(sys.ListOf("/etc/iscsi"), (std::vector<std::string>{"iscsid.conf", "nodes"}));
  const std::vector<std::string> order = {
      "link /run/lock/iscsi/lock.write", "create /etc/iscsi/.brickwork-record",           "fsync /etc/iscsi/.brickwork-record",
      std::string("rename ") + kRecord,  "fsync /etc/iscsi/nodes/iqn.x/192.0.2.1,3260,1", "unlink /run/lock/iscsi/lock.write"};
  for (size_t i = 0; i < order.size(); ++i) {
    CHECK(sys.At(order[i]) < sys.log.size());
    if (i > 0) CHECK(sys.At(order[i - 1]) < sys.At(order[i]));
  }
}

TEST("record: a flat one, replaced; what a killed process left is no obstacle") {
  Database sys;
  sys.File("/etc/iscsi/.brickwork-record", "left");
  CHECK_EQ(sys.Change(kFlat, "old"), "done");
  CHECK_EQ(sys.Change(kFlat, "new"), "done");
  CHECK_EQ(sys.TextOf(kFlat), "new");
  CHECK(!sys.Exists("/etc/iscsi/.brickwork-record"));
}

TEST("record: the temporary file lies in the target's directory where the root cannot serve") {
  for (const int err : {EXDEV, EROFS, EACCES}) {
    Database sys;
    sys.faults[err == EXDEV ? "rename /etc/iscsi/.brickwork-record" : "openat /etc/iscsi/.brickwork-record"] = err;
    CHECK_EQ(sys.Change(kRecord, "text"), "done");
    CHECK_EQ(sys.TextOf(kRecord), "text");
    CHECK_EQ(sys.ListOf("/etc/iscsi/nodes/iqn.x"), (std::vector<std::string>{"192.0.2.1,3260,1"}));
    CHECK(!sys.Exists("/etc/iscsi/.brickwork-record"));
    CHECK(sys.At("create /etc/iscsi/nodes/iqn.x/.brickwork-record") < sys.log.size());
  }
}

TEST("record: removed with the directories that became empty, never `nodes`") {
  Database sys;
  sys.Change(kRecord, "text");
  CHECK_EQ(sys.Change(kRecord, std::nullopt), "done");
  CHECK_EQ(sys.ListOf("/etc/iscsi/nodes"), (std::vector<std::string>{}));
  CHECK_EQ(sys.Change(kRecord, std::nullopt), "done");

  sys.Change(kFlat, "text");
  sys.Change(kRecord, "text");
  CHECK_EQ(sys.Change(kRecord, std::nullopt), "done");
  CHECK_EQ(sys.ListOf("/etc/iscsi/nodes/iqn.x"), (std::vector<std::string>{"192.0.2.1,3260"}));
  sys.File("/etc/iscsi/nodes/iqn.x/.brickwork-record", "left");
  CHECK_EQ(sys.Change(kFlat, std::nullopt), "done");
  CHECK_EQ(sys.ListOf("/etc/iscsi/nodes"), (std::vector<std::string>{}));
}

TEST("record: a lock that others hold is waited for every 10 ms, and not broken") {
  Database sys;
  sys.others = true;
  sys.File("/run/lock/iscsi/lock.write", "");
  const int64_t begun = sys.nowMs;
  CHECK_EQ(sys.Change(kRecord, "text"), "locked");
  CHECK_EQ(sys.nowMs - begun, 100);
  CHECK(sys.Exists("/run/lock/iscsi/lock.write"));
  CHECK(!sys.Exists("/etc/iscsi/nodes/iqn.x"));
  int tries = 0;
  sys.before = [&](const std::string& call) {
    if (call == "link /run/lock/iscsi/lock.write" && ++tries == 4) {
      sys.others = false;
      sys.Vanish("/run/lock/iscsi/lock.write");
    }
  };
  CHECK_EQ(sys.Change(kRecord, "text"), "done");
  CHECK_EQ(tries, 4);
}

TEST("record: the lock file and its directory are made if nobody has") {
  Database sys;
  sys.Vanish("/run/lock/iscsi");
  CHECK_EQ(sys.Change(kRecord, "text"), "done");
  CHECK_EQ(sys.ListOf("/run/lock/iscsi"), (std::vector<std::string>{"lock.brickwork"}));
}

TEST("record: a lock that a killed process of ours left is broken, one that a living one holds is not") {
  Database sys;
  sys.File("/run/lock/iscsi/lock.brickwork", "");
  CHECK_EQ(sys.Link("/run/lock/iscsi/lock.brickwork", "/run/lock/iscsi/lock.write"), 0);
  CHECK_EQ(sys.Change(kRecord, "text"), "done");
  CHECK(!sys.Exists("/run/lock/iscsi/lock.write"));

  sys.others = true;
  const int living = sys.Openat(AT_FDCWD, "/run/lock/iscsi/lock.brickwork", O_RDWR, 0);
  CHECK_EQ(sys.Flock(living, LOCK_EX | LOCK_NB), 0);
  CHECK_EQ(sys.Link("/run/lock/iscsi/lock.brickwork", "/run/lock/iscsi/lock.write"), 0);
  CHECK_EQ(sys.Change(kRecord, "new"), "locked");
  CHECK_EQ(sys.TextOf(kRecord), "text");
  sys.Close(living);
  sys.others = false;
  CHECK_EQ(sys.Change(kRecord, "new"), "done");
  CHECK_EQ(sys.TextOf(kRecord), "new");
}

TEST("record: who waited on a lock file that was removed meanwhile does not take the new one's lock for a dead one's") {
  Database sys;
  sys.others = true;
  sys.File("/run/lock/iscsi/lock.write", "");
  int tries = 0;
  int living = -1;
  sys.before = [&](const std::string& call) {
    if (call != "link /run/lock/iscsi/lock.write" || ++tries != 2) return;
    sys.Vanish("/run/lock/iscsi/lock.write");
    sys.Vanish("/run/lock/iscsi/lock.brickwork");
    sys.File("/run/lock/iscsi/lock.brickwork", "");
    living = sys.Openat(AT_FDCWD, "/run/lock/iscsi/lock.brickwork", O_RDWR, 0);
    CHECK_EQ(sys.Flock(living, LOCK_EX | LOCK_NB), 0);
    CHECK_EQ(sys.Link("/run/lock/iscsi/lock.brickwork", "/run/lock/iscsi/lock.write"), 0);
  };
  CHECK_EQ(sys.Change(kRecord, "text"), "locked");
  CHECK(sys.Exists("/run/lock/iscsi/lock.write"));
  sys.Close(living);
}

TEST("record: whatever fails, the lock is dropped and no secret is left") {
  for (const char* fault :
       {"write /etc/iscsi/.brickwork-record", "fsync /etc/iscsi/.brickwork-record", "rename /etc/iscsi/.brickwork-record"}) {
    Database sys;
    sys.faults[fault] = ENOSPC;
    const std::string told = sys.Change(kRecord, "secret");
    CHECK_EQ(told.substr(told.size() - 3), " 28");
    CHECK_EQ(sys.ListOf("/etc/iscsi"), (std::vector<std::string>{"iscsid.conf", "nodes"}));
    CHECK_EQ(sys.ListOf("/etc/iscsi/nodes"), (std::vector<std::string>{}));
    CHECK_EQ(sys.ListOf("/run/lock/iscsi"), (std::vector<std::string>{"lock.brickwork"}));
  }
  Database sys;
  sys.faults["link /run/lock/iscsi/lock.write"] = EROFS;
  CHECK_EQ(sys.Change(kRecord, "secret"), "link /run/lock/iscsi/lock.write 30");
}

TEST("record: paths of another form are refused") {
  CHECK(ParseRecordPath(kRecord));
  CHECK_EQ(ParseRecordPath(kRecord)->root, "/etc/iscsi");
  CHECK_EQ(ParseRecordPath(kFlat)->directories, (std::vector<std::string>{"/etc/iscsi/nodes/iqn.x"}));
  for (const char* path : {"/etc/passwd", "/etc/iscsi/nodes/iqn.x", "/etc/iscsi/nodes/iqn.x/../y", "/etc/iscsi/nodes/a/b/c/d",
                           "nodes/iqn.x/p", "/etc/iscsi/nodes/iqn.x//default", "/nodes/", ""}) {
    CHECK(!ParseRecordPath(path));
  }
  Database sys;
  CHECK_EQ(sys.Change("/etc/passwd", "x"), "rename /etc/passwd 22");
}

}  // namespace
}  // namespace brickwork::test
