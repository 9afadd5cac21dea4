#include "core/changed_files.h"

#include "core/helper_frame.h"
#include "test/check.h"
#include "test/fake_files.h"

namespace brickwork::test {
namespace {

constexpr char kDirectory[] = "/run/claims";
constexpr int kEINVAL = EINVAL;

// The files of an answer as text, in the encoding that changed_files.h describes. Keeps the state for the next call.
class Claims : public FakeFiles {
 public:
  Claims() { Directory(kDirectory); }

  void Put(const std::string& name, const std::string& text) { File(std::string(kDirectory) + "/" + name, text); }
  void Remove(const std::string& name) { Vanish(std::string(kDirectory) + "/" + name); }
  void Later(int64_t ms) { realMs += ms; }

  std::string Look() {
    const auto changed = ReadChangedFiles(*this, kDirectory, ".json", state);
    if (!changed.ok()) return std::string(changed.error().syscall) + " " + std::to_string(changed.error().err);
    const Bytes& bytes = changed.value();
    const size_t length = ReadU32(bytes.data());
    state.assign(bytes.begin() + 4, bytes.begin() + 4 + static_cast<std::ptrdiff_t>(length));
    size_t at = 4 + length;
    std::string told;
    size_t left = ReadU32(bytes.data() + at);
    for (at += 4; left > 0; --left) {
      const size_t nameLength = bytes[at] + bytes[at + 1] * size_t{256};
      const std::string name(AsText(bytes).substr(at + 2, nameLength));
      at += 2 + nameLength;
      const uint8_t status = bytes[at];
      const size_t contentLength = ReadU32(bytes.data() + at + 1);
      const auto content = AsText(bytes).substr(at + 5, contentLength);
      told += (told.empty() ? "" : ", ") + name;
      if (status == 0) told += "=" + std::string(content);
      if (status == 1) told += " gone";
      if (status == 2) told += " not read " + std::to_string(ReadU32(bytes.data() + at + 5));
      at += 5 + contentLength;
    }
    CHECK_EQ(at, bytes.size());
    return told;
  }

  Bytes state;
};

TEST("changed files: all at first, then what is new, changed or gone, and nothing else") {
  Claims sys;
  sys.Put("b.json", "b");
  sys.Put("a.json", "a");
  sys.Put("README", "x");
  sys.Later(1000);
  CHECK_EQ(sys.Look(), "a.json=a, b.json=b");
  CHECK_EQ(sys.Look(), "");
  sys.Put("c.json", "c");
  sys.Put("a.json", "A");
  sys.Remove("b.json");
  sys.Later(1000);
  CHECK_EQ(sys.Look(), "a.json=A, c.json=c, b.json gone");
  CHECK_EQ(sys.Look(), "");
  sys.state.clear();
  CHECK_EQ(sys.Look(), "a.json=A, c.json=c");
}

TEST("changed files: another content of the same length, inode and time is seen, since what was just written is read again") {
  Claims sys;
  sys.Put("a.json", "one");
  CHECK_EQ(sys.Look(), "a.json=one");
  sys.Put("a.json", "two");
  CHECK_EQ(sys.Look(), "a.json=two");
  sys.Later(kUnsettledMs - 1);
  CHECK_EQ(sys.Look(), "a.json=two");
  sys.Later(1);
  CHECK_EQ(sys.Look(), "a.json=two");
  CHECK_EQ(sys.Look(), "");
}

TEST("changed files: a clock that was put back makes it read more, and miss nothing") {
  Claims sys;
  sys.Put("a.json", "one");
  sys.Later(-3'600'000);
  CHECK_EQ(sys.Look(), "a.json=one");
  CHECK_EQ(sys.Look(), "a.json=one");
  sys.Put("a.json", "two");
  sys.Later(1000);
  CHECK_EQ(sys.Look(), "a.json=two");
  CHECK_EQ(sys.Look(), "");
}

TEST("changed files: what cannot be read is told each time, and when it is gone") {
  Claims sys;
  sys.Put("a.json", "one");
  sys.Put("large.json", std::string(65'537, 'x'));
  sys.Directory("/run/claims/sub.json");
  sys.faults["openat a.json"] = EACCES;
  sys.Later(1000);
  const std::string told = "a.json not read " + std::to_string(EACCES) + ", large.json not read " + std::to_string(EFBIG) +
                           ", sub.json not read " + std::to_string(kEINVAL);
  CHECK_EQ(sys.Look(), told);
  CHECK_EQ(sys.Look(), told);
  sys.faults.clear();
  sys.faults["statx a.json"] = EIO;
  sys.Remove("large.json");
  sys.Remove("sub.json");
  CHECK_EQ(sys.Look(), "a.json not read " + std::to_string(EIO) + ", large.json gone, sub.json gone");
  sys.faults.clear();
  CHECK_EQ(sys.Look(), "a.json=one");
}

TEST("changed files: one that vanishes between the list and the read is gone, or was never there") {
  for (const char* call : {"statx a.json", "openat a.json"}) {
    Claims sys;
    sys.Put("a.json", "one");
    sys.faults[call] = ENOENT;
    CHECK_EQ(sys.Look(), "");
    sys.faults.clear();
    CHECK_EQ(sys.Look(), "a.json=one");
    sys.faults[call] = ENOENT;
    CHECK_EQ(sys.Look(), "a.json gone");
  }
}

TEST("changed files: a directory that is not there has none; one that cannot be opened or listed is a failure") {
  Claims sys;
  sys.Put("a.json", "one");
  CHECK_EQ(sys.Look(), "a.json=one");
  sys.faults["openat /run/claims"] = ENOENT;
  CHECK_EQ(sys.Look(), "a.json gone");
  sys.faults["openat /run/claims"] = EMFILE;
  CHECK_EQ(sys.Look(), "openat " + std::to_string(EMFILE));
  sys.faults.clear();
  sys.faults["getdents64 /run/claims"] = EIO;
  CHECK_EQ(sys.Look(), "getdents64 " + std::to_string(EIO));
}

TEST("changed files: a state that no call gave is refused") {
  Claims sys;
  sys.Put("a.json", "one");
  sys.Put("b.json", "two");
  sys.Later(1000);
  CHECK_EQ(sys.Look(), "a.json=one, b.json=two");
  const Bytes whole = sys.state;
  const size_t entry = whole.size() / 2;
  for (size_t length = 1; length < whole.size(); ++length) {
    sys.state.assign(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    CHECK_EQ(sys.Look(), length == entry ? "b.json=two" : "state " + std::to_string(kEINVAL));
  }
  sys.state = whole;
  std::swap(sys.state[2], sys.state[entry + 2]);  // no longer sorted
  CHECK_EQ(sys.Look(), "state " + std::to_string(kEINVAL));
}

}  // namespace
}  // namespace brickwork::test
