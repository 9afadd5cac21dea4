#include "core/fabrics.h"

#include <sched.h>

#include <cstring>

#include "core/helper_service.h"
#include "core/nvme_admin.h"
#include "test/check.h"
#include "test/fake_files.h"
#include "test/helper_answer.h"

namespace brickwork::test {
namespace {

// A write to /dev/nvme-fabrics makes nvme3, a write to its delete_controller removes it.
class Fabrics : public FakeFiles {
 public:
  std::string answer = "instance=3,cntlid=1\n";
  int writeErr = 0;
  int setnsErr = 0;
  bool deletes = true;
  mutable std::string written;
  mutable int namespaces = 0;
  mutable int openAtDirectory = 0;

  Fabrics() {
    File("/dev/nvme-fabrics", "");
    File("/ns", "");
    Directory("/sys/class/nvme");
  }
  void Make(const std::string& name) {
    File("/sys/class/nvme/" + name + "/delete_controller", "");
    File("/sys/class/nvme/" + name + "/state", "live\n");
  }
  int Openat(int directory, const char* path, int flags, mode_t mode) const override {
    if (std::strcmp(path, "/sys/class/nvme/nvme3") == 0) openAtDirectory = static_cast<int>(descriptors.size());
    return FakeFiles::Openat(directory, path, flags, mode);
  }
  ssize_t Write(int fd, const void* bytes, size_t length) const override {
    auto* self = const_cast<Fabrics*>(this);
    const std::string path = opened_.at(fd).path;
    if (path == "/dev/nvme-fabrics") {
      written.assign(static_cast<const char*>(bytes), length);
      if (writeErr != 0) return Fail(writeErr);
      self->Make("nvme3");
      return static_cast<ssize_t>(length);
    }
    const ssize_t taken = FakeFiles::Write(fd, bytes, length);
    if (taken >= 0 && path == "delete_controller" && deletes) self->Vanish("/sys/class/nvme/nvme3");
    return taken;
  }
  ssize_t Read(int fd, void* buffer, size_t length) const override {
    if (opened_.at(fd).path != "/dev/nvme-fabrics") return FakeFiles::Read(fd, buffer, length);
    if (answer.empty()) return Fail(EINVAL);
    const size_t given = std::min(length, answer.size() - read_);
    std::memcpy(buffer, answer.data() + read_, given);
    read_ += given;
    return static_cast<ssize_t>(given);
  }
  int Setns(int, int type) const override {
    CHECK_EQ(type, CLONE_NEWNET);
    ++namespaces;
    return setnsErr != 0 ? Fail(setnsErr) : 0;
  }
  bool Has(const std::string& name) const { return Exists("/sys/class/nvme/" + name); }

 private:
  mutable size_t read_ = 0;
};

const Bytes kOptions = B("transport=tcp,traddr=192.0.2.1");
HelperFrame ConnectFrame(std::string_view netns = {}) {
  return {1, 9, {B("/dev/nvme-fabrics"), kOptions, B("/sys/class/nvme"), B(netns)}};
}
TEST("fabrics: the answer to a connect names the controller") {
  CHECK_EQ(*ParseInstance("instance=3,cntlid=1\n"), 3U);
  CHECK_EQ(*ParseInstance("instance=4294967295,x"), 4294967295U);
  const std::vector<const char*> wrong = {"", "instance=", "instance=3", "instance=,cntlid=1", "instance=-1,cntlid=1", "instance= 3,",
                                          "cntlid=1,instance=3", "instance=4294967296,cntlid=1", "instance=3x,cntlid=1"};
  for (const char* const text : wrong) CHECK(!ParseInstance(text));
}

TEST("fabrics: a controller that is kept stays when the helper ends") {
  Fabrics sys;
  {
    HelperService service(sys);
    CHECK_EQ(Show(service.Answer(ConnectFrame())), "done 0 3");
    CHECK_EQ(sys.written, std::string(AsText(kOptions)));
    // Its directory was opened while the file that made it was open, so that no other controller can have this number.
    CHECK_EQ(sys.openAtDirectory, 1);
    CHECK_EQ(sys.descriptors.size(), size_t{1});
    CHECK_EQ(Show(service.Answer(ConnectFrame())), "failed 114 connect /dev/nvme-fabrics");
    CHECK_EQ(Show(service.Answer({1, 10, {}})), "done");
    CHECK(sys.descriptors.empty());
    CHECK_EQ(Show(service.Answer({1, 11, {}})), "done 1");
  }
  CHECK(sys.Has("nvme3"));
  CHECK_EQ(sys.namespaces, 0);
}

TEST("fabrics: a controller that nobody keeps is deleted when the helper ends") {
  Fabrics sys;
  {
    HelperService service(sys);
    CHECK_EQ(Show(service.Answer(ConnectFrame())), "done 0 3");
  }
  CHECK(!sys.Has("nvme3"));
}

TEST("fabrics: a controller that is discarded is deleted, and never another one of its number") {
  Fabrics sys;
  HelperService service(sys);
  CHECK_EQ(Show(service.Answer(ConnectFrame())), "done 0 3");
  CHECK_EQ(Show(service.Answer({1, 11, {}})), "done 0");
  CHECK(!sys.Has("nvme3"));
  CHECK(sys.descriptors.empty());

  Fabrics again;
  {
    HelperService other(again);
    CHECK_EQ(Show(other.Answer(ConnectFrame())), "done 0 3");
    again.Vanish("/sys/class/nvme/nvme3");
    again.Make("nvme3");
    CHECK_EQ(Show(other.Answer({1, 11, {}})), "done 1");
  }
  CHECK(again.Has("nvme3"));
}

TEST("fabrics: a deletion waits until the controller is gone, but not for ever") {
  Fabrics sys;
  sys.deletes = false;
  sys.before = [&sys, looks = 0](const std::string& call) mutable {
    if (call == "openat state" && ++looks == 4) sys.Vanish("/sys/class/nvme/nvme3");
  };
  HelperService service(sys);
  CHECK_EQ(Show(service.Answer(ConnectFrame())), "done 0 3");
  const int64_t begun = sys.nowMs;
  CHECK_EQ(Show(service.Answer({1, 11, {}})), "done 0");
  CHECK_EQ(sys.nowMs - begun, 30);

  Fabrics stuck;
  stuck.deletes = false;
  HelperService waiting(stuck);
  CHECK_EQ(Show(waiting.Answer(ConnectFrame())), "done 0 3");
  CHECK_EQ(Show(waiting.Answer({1, 11, {}})), "failed 110 delete_controller ");
  stuck.deletes = true;
}

TEST("fabrics: the errno of the write is an answer, and what cannot be opened a failure") {
  Fabrics sys;
  HelperService service(sys);
  sys.writeErr = ECONNREFUSED;
  CHECK_EQ(Show(service.Answer(ConnectFrame())), "done 1 111");
  sys.writeErr = 0;
  sys.answer = "what";
  CHECK_EQ(Show(service.Answer(ConnectFrame())), "failed 71 read /dev/nvme-fabrics");
  sys.Vanish("/dev/nvme-fabrics");
  CHECK_EQ(Show(service.Answer(ConnectFrame())), "failed 2 openat /dev/nvme-fabrics");
  CHECK(sys.descriptors.empty());
}

TEST("fabrics: a controller that has gone before its directory was opened is connected, and needs no deletion") {
  Fabrics sys;
  HelperService service(sys);
  sys.answer = "instance=4,cntlid=1\n";
  CHECK_EQ(Show(service.Answer(ConnectFrame())), "done 0 4");
  CHECK_EQ(Show(service.Answer({1, 11, {}})), "done 1");
}

TEST("fabrics: connects in the given network namespace, or not at all") {
  Fabrics sys;
  HelperService service(sys);
  sys.setnsErr = EPERM;
  CHECK_EQ(Show(service.Answer(ConnectFrame("/ns"))), "failed 1 setns /ns");
  CHECK_EQ(Show(service.Answer(ConnectFrame("/none"))), "failed 2 openat /none");
  CHECK_EQ(sys.written, "");
  sys.setnsErr = 0;
  CHECK_EQ(Show(service.Answer(ConnectFrame("/ns"))), "done 0 3");
  CHECK_EQ(sys.namespaces, 2);
}

TEST("fabrics: the list of options, and a driver that has none") {
  Fabrics sys;
  HelperService service(sys);
  const HelperFrame ask{1, 13, {B("/dev/nvme-fabrics")}};
  sys.answer = "instance=-1,transport=%s\n";
  CHECK_EQ(Show(service.Answer(ask)), "done 0 instance=-1,transport=%s\n");
  sys.answer = "";
  CHECK_EQ(Show(service.Answer(ask)), "done 1");
  sys.Vanish("/dev/nvme-fabrics");
  CHECK_EQ(Show(service.Answer(ask)), "failed 2 openat /dev/nvme-fabrics");
}

TEST("fabrics: malformed requests fail and touch nothing") {
  Fabrics sys;
  sys.before = [](const std::string& call) { throw Failure("made the call " + call); };
  HelperService service(sys);
  const Bytes path = B("/dev/x"), four(4), nul = B(std::string_view("a\0b", 3));
  const std::vector<HelperFrame> wrong = {
      {1, 9, {path, path, path}},
      {1, 9, {path, Bytes{}, path, Bytes{}}},
      {1, 9, {path, nul, path, Bytes{}}},
      {1, 9, {path, path, path, nul}},
      {1, 10, {path}},
      {1, 11, {path}},
      {1, 12, {path, Bytes{6}, four, four}},
      {1, 12, {path, Bytes{6}, four, four, four}},
      {1, 12, {path, Bytes{6}, four, four, U32Field(kAdminDataLimit + 1)}},
      {1, 12, {path, Bytes{6, 6}, four, four, U32Field(8)}},
      {1, 12, {path, Bytes{6}, Bytes(3), four, U32Field(8)}},
      {1, 13, {}},
      {1, 13, {nul}},
  };
  for (const HelperFrame& request : wrong) CHECK_EQ(Show(service.Answer(request)), "failed 22 request ");
}

// The process that has asked ends, before or after the kernel has answered.
class Orphan : public Fabrics {
 public:
  mutable std::string input;
  bool readsAnswer = true;
  mutable std::vector<std::string> copies;

  ssize_t Read(int fd, void* buffer, size_t length) const override {
    if (fd != 0) return Fabrics::Read(fd, buffer, length);
    const size_t given = std::min(length, input.size());
    std::memcpy(buffer, input.data(), given);
    input.erase(0, given);
    return static_cast<ssize_t>(given);
  }
  ssize_t Write(int fd, const void* bytes, size_t length) const override {
    if (fd != 1) return Fabrics::Write(fd, bytes, length);
    return readsAnswer ? static_cast<ssize_t>(length) : Fail(EPIPE);
  }
};

TEST("fabrics: the controller of a process that has ended is deleted") {
  for (const bool readsAnswer : {true, false}) {
    Orphan sys;
    sys.readsAnswer = readsAnswer;
    sys.input = std::string(AsText(FormatFrame(ConnectFrame())));
    CHECK_EQ(ServeHelper(sys, 0, 1), readsAnswer ? 0 : 1);
    CHECK(!sys.Has("nvme3"));
    CHECK_EQ(sys.log.back(), "write delete_controller");
  }
}

}  // namespace
}  // namespace brickwork::test
