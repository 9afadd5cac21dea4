#include "core/tree_reader.h"

#include <linux/magic.h>

#include <algorithm>

#include "test/check.h"
#include "test/fake_files.h"
#include "test/tree_text.h"

namespace brickwork::test {
namespace {

TEST("tree: attributes, links and children of a directory, children sorted bytewise") {
  FakeFiles sys;
  sys.File("/sys/host4/state", "running\n");
  sys.File("/sys/host4/queue/depth", "32\n");
  sys.SymbolicLink("/sys/host4/subsystem", "../../bus/scsi");
  for (const char* name : {"4:0:0:1", "4:0:0:10", "4:0:0:2", "power"}) sys.File(std::string("/sys/host4/") + name + "/lun", name);
  const TreePlan plan{{"state", "absent", "queue/depth"}, {"subsystem", "nothing"}, {{"4:*", false, {{"lun"}, {}, {}}}}};
  CHECK_EQ(Read(sys, "/sys/host4", plan),
           "host4{state=running\n queue/depth=32\n subsystem->../../bus/scsi "
           "4:*:4:0:0:1{lun=4:0:0:1 }4:*:4:0:0:10{lun=4:0:0:10 }4:*:4:0:0:2{lun=4:0:0:2 }}");
}

TEST("tree: the link through which a directory was entered, if it was one") {
  FakeFiles sys;
  sys.File("/sys/devices/host4/session7/state", "on");
  sys.SymbolicLink("/sys/class/session7", "../devices/host4/session7");
  sys.File("/sys/class/plain/state", "on");
  const TreePlan plan{{}, {"."}, {{"*", true, {{"state"}, {"."}, {}}}}};
  CHECK_EQ(Read(sys, "/sys/class", plan), "class{*:plain{state=on }*:session7{state=on .->../devices/host4/session7 }}");
}

TEST("tree: an absent root is no failure, a root that may not be opened is") {
  FakeFiles sys;
  sys.File("/sys/file", "");
  CHECK_EQ(Read(sys, "/sys/none", {}), "absent");
  CHECK_EQ(Read(sys, "/sys/file/below", {}), "absent");
  sys.faults["openat /sys/secret"] = EACCES;
  CHECK_EQ(Read(sys, "/sys/secret", {}), "openat /sys/secret 13");
}

TEST("tree: an attribute that cannot be read is there with its errno") {
  FakeFiles sys;
  sys.File("/d/a", "1");
  sys.File("/d/b", "2");
  sys.File("/d/c", "3");
  sys.faults["openat a"] = EACCES;
  sys.faults["read b"] = EIO;
  sys.faults["read c"] = ENODEV;
  CHECK_EQ(Read(sys, "/d", {{"a", "b", "c"}, {}, {}}), "d{a!13 b!5 }");
}

TEST("tree: a process of /proc that ends while it is looked at is absent") {
  FakeFiles sys;
  sys.File("/proc/1/comm", "init");
  sys.File("/proc/2/comm", "sh");
  sys.faults["openat 2"] = ESRCH;
  CHECK_EQ(Read(sys, "/proc", {{}, {}, {{"*", false, {{"comm"}, {}, {}}}}}), "proc{*:1{comm=init }}");
}

TEST("tree: 64 KiB are read whole, one byte more is EFBIG and not cut off") {
  FakeFiles sys;
  sys.File("/d/fits", std::string(65536, 'x'));
  sys.File("/d/more", std::string(65537, 'x'));
  sys.File("/d/page", std::string(4096, 'y'));
  CHECK_EQ(Read(sys, "/d", {{"fits", "more", "page"}, {}, {}}),
           "d{fits=" + std::string(65536, 'x') + " more!27 page=" + std::string(4096, 'y') + " }");
}

TEST("tree: links are entered only by a pattern that follows") {
  FakeFiles sys;
  sys.File("/sys/devices/sda/size", "8");
  sys.SymbolicLink("/sys/block/sda", "/sys/devices/sda");
  sys.SymbolicLink("/sys/block/broken", "/sys/devices/none");
  sys.File("/sys/block/file", "");
  const TreePlan inner{{"size"}, {}, {}};
  CHECK_EQ(Read(sys, "/sys/block", {{}, {}, {{"*", true, inner}}}), "block{*:sda{size=8 }}");
  CHECK_EQ(Read(sys, "/sys/block", {{}, {}, {{"*", false, inner}}}), "block{}");
  CHECK_EQ(Read(sys, "/sys/block", {{}, {}, {{"sda", true, inner}}}), "block{sda:sda{size=8 }}");
  CHECK_EQ(Read(sys, "/sys/block", {{}, {}, {{"sda", false, inner}}}), "block{}");
}

TEST("tree: a directory is read for the first pattern that it matches") {
  FakeFiles sys;
  sys.Directory("/d/ab");
  sys.Directory("/d/ac");
  CHECK_EQ(Read(sys, "/d", {{}, {}, {{"ab", false, {}}, {"a*", false, {}}, {"*", false, {}}}}), "d{ab:ab{}a*:ac{}}");
  CHECK_EQ(Read(sys, "/d", {{}, {}, {{"ab", false, {}}, {"ab", false, {}}}}), "d{ab:ab{}}");
}

TEST("tree: works where the directory does not tell the types of its entries") {
  FakeFiles sys;
  sys.unknownTypes = true;
  sys.File("/d/sub/x", "1");
  sys.File("/d/file", "");
  sys.SymbolicLink("/d/link", "sub");
  CHECK_EQ(Read(sys, "/d", {{}, {}, {{"*", false, {{"x"}, {}, {}}}}}), "d{*:sub{x=1 }}");
}

TEST("tree: full names are opened without reading the directory") {
  FakeFiles sys;
  sys.File("/d/one/x", "1");
  sys.faults["getdents64 /d"] = EIO;
  CHECK_EQ(Read(sys, "/d", {{}, {}, {{"one", false, {{"x"}, {}, {}}}, {"two", false, {}}}}), "d{one:one{x=1 }}");
  CHECK_EQ(Read(sys, "/d", {{}, {}, {{"*", false, {}}}}), "getdents64 /d 5");
}

TEST("tree: names that are known are entered without reading the directory, the pattern is what they are called together") {
  FakeFiles sys;
  for (const char* name : {"a", "b", "c"}) sys.File(std::string("/d/") + name + "/x", name);
  sys.faults["getdents64 /d"] = EIO;
  const TreePlan inner{{"x"}, {}, {}};
  CHECK_EQ(Read(sys, "/d", {{}, {}, {{"*", false, inner, {{"c", "none", "a", "c"}}}}}), "d{*:a{x=a }*:c{x=c }}");
  CHECK_EQ(Read(sys, "/d", {{}, {}, {{"*", false, inner, {{}}}}}), "d{}");
  sys.faults.clear();
  CHECK_EQ(Read(sys, "/d", {{}, {}, {{"n", false, inner, {{"b"}}}, {"*", false, inner}}}), "d{*:a{x=a }n:b{x=b }*:c{x=c }}");
}

TEST("tree: what vanishes during the walk is absent") {
  FakeFiles sys;
  for (const char* name : {"a", "b", "c"}) sys.File(std::string("/d/") + name + "/x", name);
  sys.before = [&](const std::string& call) {
    if (call == "openat a") {
      sys.before = {};
      sys.Vanish("/d/b");
    }
  };
  CHECK_EQ(Read(sys, "/d", {{}, {}, {{"*", false, {{"x"}, {}, {}}}}}), "d{*:a{x=a }*:c{x=c }}");
  sys.before = [&](const std::string& call) {
    if (call == "getdents64 c") {
      sys.before = {};
      sys.Vanish("/d/c");
    }
  };
  CHECK_EQ(Read(sys, "/d", {{}, {}, {{"*", false, {{}, {}, {{"*", false, {}}}}}}}), "d{*:a{}*:c{}}");
}

TEST("tree: what is there all the while is not left out when something listed before it goes away") {
  const std::vector<std::string> names{"a", "b", "c", "d", "e", "f", "g", "h"};
  const TreePlan plan{{}, {}, {{"*", false, {}}}};
  for (int departures = 1; departures <= 3; ++departures) {
    FakeFiles sys;
    for (const std::string& name : names) sys.Directory("/d/" + name);
    int calls = 0;
    int gone = 0;
    // The fake lists in reverse, five at a time, and counts its position: after a removal it skips the next entry.
    sys.before = [&](const std::string& call) {
      if (call == "getdents64 /d" && ++calls % 3 == 2 && gone < departures) sys.Vanish("/d/" + names.at(names.size() - 1 - gone++));
    };
    const std::string read = Read(sys, "/d", plan);
    CHECK_EQ(gone, departures);
    for (size_t i = 0; i + departures < names.size(); ++i) CHECK(read.find("*:" + names[i] + "{}") != std::string::npos);
  }
}

TEST("tree: where no two listings agree, what any of them had counts") {
  FakeFiles sys;
  for (const char* name : {"/d/a", "/d/b"}) sys.Directory(name);
  int calls = 0;
  sys.before = [&](const std::string& call) {
    if (call == "rewind /d") sys.Directory("/d/new" + std::to_string(++calls));
  };
  const std::string read = Read(sys, "/d", {{}, {}, {{"*", false, {}}}});
  CHECK(read.find("*:a{}") != std::string::npos && read.find("*:b{}") != std::string::npos);
  CHECK_EQ(calls, 4);
}

// The calls that a walk makes, as `call path`.
std::vector<std::string> CallsOf(FakeFiles& sys, const TreePlan& plan) {
  std::vector<std::string> calls;
  sys.before = [&](const std::string& call) { calls.push_back(call); };
  Read(sys, "/d", plan);
  sys.before = {};
  return calls;
}
size_t Times(const std::vector<std::string>& calls, const std::string& call) {
  return static_cast<size_t>(std::count(calls.begin(), calls.end(), call));
}

TEST("tree: a file of sysfs or tmpfs that a page holds is read once, any other until nothing comes") {
  FakeFiles sys;
  sys.File("/d/short", "1\n");
  sys.File("/d/page", std::string(4096, 'x'));
  sys.File("/d/pages", std::string(9000, 'y'));
  const TreePlan plan{{"short", "page", "pages"}, {}, {}};
  const std::string whole = "d{short=1\n page=" + std::string(4096, 'x') + " pages=" + std::string(9000, 'y') + " }";
  for (const int64_t type : {int64_t{SYSFS_MAGIC}, int64_t{TMPFS_MAGIC}, int64_t{PROC_SUPER_MAGIC}, int64_t{-1}}) {
    sys.fileSystem = type;
    CHECK_EQ(Read(sys, "/d", plan), whole);
    const auto calls = CallsOf(sys, plan);
    const bool once = type == SYSFS_MAGIC || type == TMPFS_MAGIC;
    CHECK_EQ(Times(calls, "read short"), size_t{once ? 1u : 2u});
    CHECK_EQ(Times(calls, "read page"), size_t{2});
    CHECK_EQ(Times(calls, "read pages"), size_t{4});
  }
}

TEST("tree: a file of /proc whose reads end before a record that does not fit is read whole") {
  FakeFiles sys;
  sys.fileSystem = PROC_SUPER_MAGIC;
  sys.mostRead = 1000;
  sys.File("/d/mountinfo", std::string(3500, 'm'));
  CHECK_EQ(Read(sys, "/d", {{"mountinfo"}, {}, {}}), "d{mountinfo=" + std::string(3500, 'm') + " }");
}

TEST("tree: a directory is listed again only where an entry may be missing") {
  FakeFiles sys;
  sys.Directory("/d/full/a");
  sys.Directory("/d/empty");
  const TreePlan all{{}, {}, {{"*", false, {}}}};
  const TreePlan plan{{}, {}, {{"full", false, all}, {"empty", false, all}}};
  for (const int64_t type : {int64_t{SYSFS_MAGIC}, int64_t{TMPFS_MAGIC}, int64_t{-1}}) {
    sys.fileSystem = type;
    CHECK_EQ(Read(sys, "/d", plan), "d{empty:empty{}full:full{*:a{}}}");
    const auto calls = CallsOf(sys, plan);
    CHECK_EQ(Times(calls, "rewind empty"), size_t{0});
    CHECK_EQ(Times(calls, "rewind full"), size_t{type == TMPFS_MAGIC ? 0u : 1u});
  }
}

TEST("tree: only entries whose attribute says what is wanted are entered; one that cannot say it is") {
  FakeFiles sys;
  for (const char* name : {"a", "b", "c", "d"}) sys.File("/d/" + std::string(name) + "/owner", std::string(name) + "\n");
  sys.Directory("/d/none");
  const auto read = [&sys](TreeCondition where) {
    return Read(sys, "/d", {{}, {}, {{"*", false, {{}, {}, {}}, std::nullopt, std::move(where)}}});
  };
  CHECK_EQ(read({"owner", {"c", "a", "x"}}), "d{*:a{}*:c{}}");
  CHECK_EQ(read({"owner", {}}), "d{}");
  CHECK_EQ(read({"owner", {"a\n"}}), "d{}");
  sys.faults["openat owner"] = EACCES;
  CHECK_EQ(read({"owner", {"a"}}), "d{*:a{}*:b{}*:c{}*:d{}*:none{}}");
}

TEST("tree: a child that may not be opened fails the walk and names itself") {
  FakeFiles sys;
  sys.Directory("/d/a");
  sys.faults["openat a"] = EMFILE;
  CHECK_EQ(Read(sys, "/d", {{}, {}, {{"*", false, {}}}}), "openat /d/a 24");
}

}  // namespace
}  // namespace brickwork::test
