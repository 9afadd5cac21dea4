// What the steps of a list do, in order, on one thread.
#include "core/job_run.h"
#include "core/read_files.h"
#include "core/step_job.h"
#include "core/tree_reader.h"
#include "test/check.h"
#include "test/fake_files.h"

namespace brickwork::test {
namespace {

using namespace std::string_literals;

Bytes Of(const std::string& text) { return Bytes(text.begin(), text.end()); }
const TreePlan kDisks{{}, {}, {{"sd*", false, {{"size"}, {}, {}}}}};

ReplaceStep Replacing(const std::string& path) { return {path, path + ".tmp", Of("x"), 0600}; }
WriteStep Writing(const std::string& expected) { return {"host4", {"/sys/sda", {{"size", Of(expected)}}, "size", Of("200")}}; }

// The answers in short, and the stop.
std::string Report(const JobRun& run) {
  std::string out;
  const JobReport report = run.report();
  for (const StepAnswer& answer : report.answers) {
    if (const auto* const is = std::get_if<bool>(&answer)) out += *is ? "true " : "false ";
    else if (const auto* const outcome = std::get_if<WriteOutcome>(&answer)) out += "outcome" + std::to_string(outcome->kind) + " ";
    else out += std::holds_alternative<Bytes>(answer) ? "bytes " : "done ";
  }
  if (!report.stoppedAt) return out;
  out += "stopped at " + std::to_string(*report.stoppedAt) + (report.begun ? "" : ", not begun");
  return report.error ? out + ": " + report.error->syscall + " " + std::to_string(report.error->err) : out;
}
std::string Run(const Syscalls& sys, std::vector<JobStep> steps) {
  JobRun run(sys, std::move(steps));
  CHECK(CarryOutSteps(sys, run, nullptr, run.steps().size(), false) == StepsEnd::kDone);
  return Report(run);
}

struct Machine : FakeFiles {
  Machine() {
    File("/sys/sda/size", "100\n");
    Directory("/run");
  }
};

TEST("steps: each in order, and none after one that fails") {
  Machine sys;
  const TreeStep tree{"/sys", kDisks};
  const CheckStep check{0, {{"sda"}, "size", {"100"}, false}};
  CHECK_EQ(Run(sys, {tree, check, Writing("100"), Replacing("/run/a"), FilesStep{{"/run/a"}}}), "bytes true outcome0 done bytes "s);
  CHECK_EQ(sys.TextOf("/sys/sda/size"), "100\n200"s);
  sys.faults["openat /run/b.tmp"] = ENOSPC;
  CHECK_EQ(Run(sys, {tree, Replacing("/run/b"), Replacing("/run/c")}), "bytes stopped at 1: openat 28"s);
  CHECK(!sys.Exists("/run/c"));
}

TEST("steps: none after a guard that differs, or a check that does not hold") {
  Machine sys;
  CHECK_EQ(Run(sys, {Writing("1"), Replacing("/run/a")}), "outcome2 stopped at 0"s);
  const CheckStep check{0, {{"sda"}, "size", {"1"}, false}};
  CHECK_EQ(Run(sys, {TreeStep{"/sys", kDisks}, check, Replacing("/run/a")}), "bytes false stopped at 1"s);
  CHECK(!sys.Exists("/run/a"));
}

TEST("steps: none begins after the stop; an answer that comes later is dropped") {
  Machine sys;
  JobRun before(sys, {Replacing("/run/a")});
  before.Stop();
  CHECK(CarryOutSteps(sys, before, nullptr, 1, false) == StepsEnd::kDone);
  CHECK_EQ(Report(before), "stopped at 0, not begun"s);
  JobRun run(sys, {Replacing("/run/a"), Replacing("/run/b"), Replacing("/run/c")});
  sys.before = [&](const std::string& call) {
    if (call.find("/run/b") != std::string::npos) run.Stop();
  };
  CHECK(CarryOutSteps(sys, run, nullptr, 3, false) == StepsEnd::kDone);
  CHECK_EQ(Report(run), "done stopped at 1"s);
  CHECK(sys.Exists("/run/b"));
  CHECK(!sys.Exists("/run/c"));
}

TEST("steps: what is awaited is not there yet; the last time it ends the list") {
  Machine sys;
  const AwaitTreeStep awaits{{"/sys", kDisks}, {}, {{{"sdb"}, {}, {}, false}}, 1000};
  JobRun run(sys, {awaits, Replacing("/run/a")});
  CHECK(CarryOutSteps(sys, run, nullptr, 2, false) == StepsEnd::kAwait);
  CHECK_EQ(Report(run), ""s);
  CHECK(CarryOutSteps(sys, run, nullptr, 2, true) == StepsEnd::kDone);
  CHECK_EQ(Report(run), "bytes stopped at 0"s);
  sys.File("/sys/sdb/size", "1\n");
  CHECK_EQ(Run(sys, {awaits, Replacing("/run/a")}), "bytes done "s);
}

TEST("steps: the lock is kept until the end of the list, and another list does not get it") {
  Machine sys;
  JobRun first(sys, {FlockStep{"/run/locks/a.lock", Of("me\n")}});
  first.Lock(std::get<FlockStep>(first.steps()[0]));
  CHECK_EQ(Report(first), "true "s);
  CHECK_EQ(sys.TextOf("/run/locks/a.lock"), "me\n"s);
  CHECK_EQ(sys.descriptors.size(), size_t{1});
  first.Unlock();
  CHECK_EQ(sys.descriptors.size(), size_t{0});
  JobRun stopped(sys, {FlockStep{"/run/locks/a.lock", {}}});
  stopped.Stop();
  stopped.Lock(std::get<FlockStep>(stopped.steps()[0]));
  CHECK_EQ(Report(stopped), "stopped at 0, not begun"s);
}

TEST("steps: reads share the thread of one step that is none, whose lane and key they take") {
  const TreeStep tree{"/sys", kDisks};
  const std::vector<JobStep> steps{tree, Writing("1"), tree, Replacing("/run/a"), ExchangeStep{}, tree};
  const auto group = [&](size_t at) {
    const StepGroup found = GroupAt(steps, at);
    return std::to_string(static_cast<int>(found.lane)) + " " + found.key + " " + std::to_string(found.end);
  };
  CHECK_EQ(group(0), "3 write host4 3"s);
  CHECK_EQ(group(2), "1 file /run/a 4"s);
  CHECK_EQ(group(4), "0  4"s);
  CHECK_EQ(group(5), "0  6"s);
}

TEST("tree expectation: some directory at the path, with the attribute") {
  Machine sys;
  sys.File("/sys/sdb/size", "7");
  const Bytes tree = ReadTree(sys, "/sys", kDisks).value();
  const auto holds = [&](std::vector<std::string> path, const std::string& attribute, std::set<std::string, std::less<>> among) {
    const bool shows = Holds({path, attribute, among, false}, tree, kDisks);
    CHECK_EQ(Holds({path, attribute, among, true}, tree, kDisks), !shows);
    return shows;
  };
  CHECK(holds({"sd*"}, "size", {"7"}));
  CHECK(holds({"sda"}, "", {}));
  CHECK(!holds({"sda"}, "size", {"7", "10", "100\n"}));
  CHECK(!holds({"sda"}, "none", {""}));
  CHECK(!holds({"sdc"}, "", {}));
  CHECK(!holds({"sda", "*"}, "", {}));
  CHECK(Holds({{"sdb"}, "size", {}, false, {'6', '7'}}, tree, kDisks));
  CHECK(!Holds({{"sdb"}, "size", {"7"}, false, {'6'}}, tree, kDisks));
  CHECK(!Holds({{"*"}, {}, {}, false}, Bytes{0}, kDisks));
  for (size_t cut = 0; cut < tree.size(); ++cut) {
    (void)Holds({{"sdb"}, "size", {"7"}, false}, Bytes(tree.begin(), tree.begin() + static_cast<ptrdiff_t>(cut)), kDisks);
  }
}

TEST("read files: whole, absent, and the first that can't be read") {
  Machine sys;
  const std::string large(100'000, 'y');
  sys.File("/run/large", large);
  sys.File("/run/empty", "");
  const auto read = ReadFiles(sys, {"/run/large", "/none/a", "/run/empty", "/run/empty/x"});
  const std::string absent("\0\0\0\0\0", 5);
  CHECK(std::string(AsText(read.value())) == "\1\xa0\x86\1\0"s + large + absent + "\1\0\0\0\0"s + absent);
  sys.faults["read /run/empty"] = EIO;
  const auto failed = ReadFiles(sys, {"/run/large", "/run/empty"});
  CHECK_EQ(failed.error().path, "/run/empty"s);
  CHECK_EQ(failed.error().err, EIO);
}

Bytes Event(const std::string& devpath, const std::string& more, int seqnum = 0) {
  return Of("\1ACTION=add\0DEVPATH="s + devpath + "\0"s + more + "\0SEQNUM="s + std::to_string(seqnum) + "\0"s);
}

TEST("uevent watchers: by a component of the path, the subsystem and the action; lost events wake everyone") {
  UeventWatchers watchers;
  std::string woken;
  const auto watch = [&](const std::string& name, UeventMatch match) { return watchers.Add({match}, [&woken, name] { woken += name; }); };
  const auto sees = [&](const Bytes& message) {
    woken.clear();
    watchers.See({message});
    return woken;
  };
  const auto a = watch("a", {"4:0:0:1", "block", ""});
  const auto b = watch("b", {"4:0:0:1", "", "remove"});
  const auto c = watch("c", {"null", "", ""});
  CHECK_EQ(sees(Event("/devices/4:0:0:1/block/sda", "SUBSYSTEM=block")), "a"s);
  CHECK_EQ(sees(Event("/devices/4:0:0:1", "SUBSYSTEM=scsi")), ""s);
  CHECK_EQ(sees(Event("/devices/4:0:0:1", "SUBSYSTEM=scsi\0ACTION=remove"s)), "b"s);
  CHECK_EQ(sees(Event("/devices/4:0:0:10/null", "SUBSYSTEM=block")), "c"s);
  CHECK_EQ(sees(Bytes{}).size(), size_t{3});
  CHECK_EQ(sees(Event("/x", "", 7)), ""s);
  CHECK_EQ(sees(Event("/x", "", 8)), ""s);
  CHECK_EQ(sees(Event("/x", "", 10)).size(), size_t{3});
  CHECK_EQ(sees(Event("/x", "", 9)), ""s);
  CHECK(a->seen && b->seen && c->seen);
  watchers.Remove(*a);
  CHECK_EQ(sees(Event("/devices/4:0:0:1/block/sda", "SUBSYSTEM=block")), ""s);
}

}  // namespace
}  // namespace brickwork::test
