#include <fcntl.h>
#include <linux/fs.h>

#include <cstring>

#include "core/helper_frame.h"
#include "core/helper_service.h"
#include "test/check.h"
#include "test/fake_files.h"

#ifndef BLKGETDISKSEQ
#define BLKGETDISKSEQ _IOR(0x12, 128, __u64)
#endif

namespace brickwork::test {
namespace {

Bytes B(std::string_view text) { return Bytes(text.begin(), text.end()); }

TEST("frame: what is formatted is parsed again") {
  const HelperFrame frame{0x01020304, 7, {B("abc"), {}, B("\n")}};
  const Bytes bytes = FormatFrame(frame);
  CHECK_EQ(ReadU32(bytes.data()), bytes.size() - 4);
  const auto parsed = ParseFrame(bytes.data() + 4, bytes.size() - 4);
  CHECK(parsed);
  CHECK_EQ(parsed->id, frame.id);
  CHECK_EQ(parsed->kind, frame.kind);
  CHECK_EQ(parsed->fields, frame.fields);
}

TEST("frame: fields must fill it exactly") {
  const Bytes bytes = FormatFrame({1, 2, {B("abc"), B("d")}});
  for (size_t cut = 0; cut < bytes.size() - 4; ++cut) {
    const bool whole = cut == 5 || cut == 12;  // ends after the head or after the first field
    CHECK_EQ(ParseFrame(bytes.data() + 4, cut).has_value(), whole);
  }
  Bytes lying = bytes;
  std::memset(lying.data() + 9, 0xff, 4);
  CHECK(!ParseFrame(lying.data() + 4, lying.size() - 4));
}

class Machine : public FakeFiles {
 public:
  Machine() {
    File("/dev/sda", "0123456789");
    File("/sys/d/wwid", "naa.6\n");
    File("/sys/d/delete", "");
  }
  mutable std::string input, output;  // descriptors 0 and 1

  ssize_t Read(int fd, void* buffer, size_t length) const override {
    if (fd != 0) return FakeFiles::Read(fd, buffer, length);
    const size_t given = std::min({length, size_t{3}, input.size()});
    std::memcpy(buffer, input.data(), given);
    input.erase(0, given);
    return static_cast<ssize_t>(given);
  }
  ssize_t Write(int fd, const void* bytes, size_t length) const override {
    if (fd != 1) return FakeFiles::Write(fd, bytes, length);
    const size_t taken = std::min(length, size_t{5});
    output.append(static_cast<const char*>(bytes), taken);
    return static_cast<ssize_t>(taken);
  }
};

std::string Show(const HelperFrame& answer) {
  std::string out = answer.kind == 0 ? "done" : "failed";
  for (size_t i = 0; i < answer.fields.size(); ++i) {
    const Bytes& field = answer.fields[i];
    const bool number = answer.kind == 1 && i == 0;
    out += " " + (number                              ? std::to_string(ReadU32(field.data()))
                  : field.size() == 1 && field[0] < 3 ? std::to_string(field[0])
                                                      : std::string(AsText(field)));
  }
  return out;
}

TEST("helper: guarded writes") {
  Machine sys;
  HelperService service(sys);
  CHECK_EQ(Show(service.Answer({1, 1, {B("/sys/d"), B("delete"), B("1"), B("wwid"), B("naa.7"), Bytes{0}}})), "done 2 wwid 1 naa.6");
  CHECK_EQ(Show(service.Answer({1, 1, {B("/sys/d"), B("delete"), B("1"), B("wwid"), B("naa.6"), Bytes{0}}})), "done 0");
  CHECK_EQ(sys.TextOf("/sys/d/delete"), "1");
  CHECK_EQ(Show(service.Answer({1, 1, {B("/sys/none"), B("delete"), B("1")}})), "done 1");
  CHECK_EQ(Show(service.Answer({1, 1, {B("/sys/d"), B("delete"), B("2"), B("wwid"), B("naa"), Bytes{1}}})), "done 0");
  CHECK_EQ(sys.TextOf("/sys/d/delete"), "12");
  CHECK_EQ(Show(service.Answer({1, 1, {B("/sys/d"), B("delete"), B("2"), B("wwid"), B("naa.66"), Bytes{1}}})), "done 2 wwid 1 naa.6");
  sys.faults["write delete"] = EINVAL;
  CHECK_EQ(Show(service.Answer({1, 1, {B("/sys/d"), B("delete"), B("1")}})), "failed 22 write /sys/d/delete");
}

TEST("helper: holds one device until it is released") {
  Machine sys;
  HelperService service(sys);
  sys.faults["openat /dev/sdb"] = EBUSY;
  sys.faults["openat /dev/sdc"] = ENXIO;
  sys.faults["openat /dev/sdd"] = EACCES;
  CHECK_EQ(Show(service.Answer({1, 2, {B("/dev/sdb")}})), "done 1");
  CHECK_EQ(Show(service.Answer({1, 2, {B("/dev/sdc")}})), "done 2");
  CHECK_EQ(Show(service.Answer({1, 2, {B("/dev/none")}})), "done 2");
  CHECK_EQ(Show(service.Answer({1, 2, {B("/dev/sdd")}})), "failed 13 openat /dev/sdd");
  CHECK(sys.descriptors.empty());
  CHECK_EQ(Show(service.Answer({1, 2, {B("/dev/sda")}})), "done 0");
  CHECK_EQ(sys.descriptors.size(), size_t{1});
  CHECK_EQ(Show(service.Answer({1, 2, {B("/dev/sda")}})), "failed 114 hold /dev/sda");
  CHECK_EQ(Show(service.Answer({1, 3, {}})), "done");
  CHECK(sys.descriptors.empty());
  CHECK_EQ(Show(service.Answer({1, 3, {}})), "done");
}

TEST("helper: flushes by fsync first, and tells what could not be written") {
  Machine sys;
  HelperService service(sys);
  CHECK_EQ(Show(service.Answer({1, 4, {B("/dev/sda")}})), "done");
  CHECK_EQ(sys.log, (std::vector<std::string>{"fsync /dev/sda", "ioctl /dev/sda"}));
  sys.faults["fsync /dev/sda"] = EIO;
  CHECK_EQ(Show(service.Answer({1, 4, {B("/dev/sda")}})), "failed 5 fsync /dev/sda");
}

TEST("helper: reads at an offset, fewer bytes at the end of the device") {
  Machine sys;
  HelperService service(sys);
  const Bytes four{4, 0, 0, 0, 0, 0, 0, 0};
  CHECK_EQ(Show(service.Answer({1, 5, {B("/dev/sda"), four, U32Field(3)}})), "done 456");
  CHECK_EQ(Show(service.Answer({1, 5, {B("/dev/sda"), four, U32Field(512)}})), "done 456789");
  const Bytes huge(8, 0xff);
  CHECK_EQ(Show(service.Answer({1, 5, {B("/dev/sda"), huge, U32Field(512)}})), "failed 22 pread /dev/sda");
}

TEST("helper: removes a map by its uuid") {
  Machine sys;
  sys.File("/dev/mapper/control", "");
  HelperService service(sys);
  const HelperFrame request{1, 6, {B("/dev/mapper/control"), B("mpath-36")}};
  CHECK_EQ(Show(service.Answer(request)), "done 0");
  CHECK_EQ(sys.log, (std::vector<std::string>{"ioctl /dev/mapper/control"}));
  sys.faults["ioctl /dev/mapper/control"] = EBUSY;
  CHECK_EQ(Show(service.Answer(request)), "done 1");
  sys.faults["ioctl /dev/mapper/control"] = ENXIO;
  CHECK_EQ(Show(service.Answer(request)), "done 2");
  sys.faults["ioctl /dev/mapper/control"] = EACCES;
  CHECK_EQ(Show(service.Answer(request)), "failed 13 ioctl(DM_DEV_REMOVE) /dev/mapper/control");
  CHECK_EQ(Show(service.Answer({1, 6, {B("/dev/none"), B("mpath-36")}})), "failed 2 openat /dev/none");
}

// A disk that answers the ioctls of block/ioctl.c.
class Disk : public Machine {
 public:
  mutable int readOnly = 0;
  uint64_t diskseq = 7;
  bool isOld = false;

  int Ioctl(int fd, unsigned long request, void* argument) const override {
    if (FakeFiles::Ioctl(fd, request, argument) != 0) return -1;
    if (request == BLKROGET) *static_cast<int*>(argument) = readOnly;
    if (request == BLKROSET) readOnly = *static_cast<const int*>(argument);
    if (request == BLKGETDISKSEQ && isOld) return Fail(ENOTTY);
    if (request == BLKGETDISKSEQ) *static_cast<uint64_t*>(argument) = diskseq;
    return 0;
  }
};

TEST("helper: makes this very disk read-only, and writable again") {
  Disk sys;
  HelperService service(sys);
  const Bytes seven{7, 0, 0, 0, 0, 0, 0, 0}, eight{8, 0, 0, 0, 0, 0, 0, 0}, unknown(8), on{1}, off{0};
  CHECK_EQ(Show(service.Answer({1, 8, {B("/dev/sda"), on, eight}})), "done 2");
  CHECK_EQ(Show(service.Answer({1, 8, {B("/dev/none"), on, seven}})), "done 2");
  CHECK_EQ(sys.readOnly, 0);
  CHECK_EQ(Show(service.Answer({1, 8, {B("/dev/sda"), on, seven}})), "done 0");
  CHECK_EQ(sys.readOnly, 1);
  CHECK_EQ(Show(service.Answer({1, 8, {B("/dev/sda"), on, unknown}})), "done 1");
  CHECK_EQ(Show(service.Answer({1, 8, {B("/dev/sda"), off, eight}})), "done 2");
  CHECK_EQ(sys.readOnly, 1);
  CHECK_EQ(Show(service.Answer({1, 8, {B("/dev/sda"), off, seven}})), "done 0");
  CHECK_EQ(sys.readOnly, 0);
  sys.isOld = true;
  CHECK_EQ(Show(service.Answer({1, 8, {B("/dev/sda"), on, eight}})), "done 0");
  sys.faults["ioctl /dev/sda"] = EACCES;
  CHECK_EQ(Show(service.Answer({1, 8, {B("/dev/sda"), on, unknown}})), "failed 13 ioctl(BLKROGET) /dev/sda");
  sys.faults["openat /dev/sda"] = EACCES;
  CHECK_EQ(Show(service.Answer({1, 8, {B("/dev/sda"), on, unknown}})), "failed 13 openat /dev/sda");
}

TEST("helper: malformed requests fail and touch nothing") {
  Machine sys;
  sys.before = [](const std::string& call) { throw Failure("made the call " + call); };
  HelperService service(sys);
  const Bytes path = B("/dev/sda"), offset(8), nul = B(std::string_view("/dev/\0a", 7));
  const std::vector<HelperFrame> wrong = {
      {1, 1, {}},
      {1, 1, {path, B("a")}},
      {1, 1, {path, B("a"), B("1"), B("g")}},
      {1, 1, {path, B("a"), B("1"), B("g"), B("x")}},
      {1, 1, {path, B("a"), B("1"), B("g"), B("x"), Bytes{}}},
      {1, 1, {path, B("/abs"), B("1")}},
      {1, 2, {}},
      {1, 2, {path, path}},
      {1, 2, {nul}},
      {1, 2, {Bytes{}}},
      {1, 3, {path}},
      {1, 4, {}},
      {1, 5, {path, offset}},
      {1, 5, {path, Bytes(7), U32Field(1)}},
      {1, 5, {path, offset, U32Field(0)}},
      {1, 5, {path, offset, U32Field(0xffffffff)}},
      {1, 6, {path}},
      {1, 6, {path, Bytes{}}},
      {1, 6, {nul, path}},
      {1, 6, {path, path, path}},
      {1, 8, {path, Bytes{1}}},
      {1, 8, {path, Bytes{2}, offset}},
      {1, 8, {path, Bytes{1}, Bytes(7)}},
      {1, 8, {nul, Bytes{1}, offset}},
  };
  for (const HelperFrame& request : wrong) CHECK_EQ(Show(service.Answer(request)), "failed 22 request ");
  CHECK_EQ(Show(service.Answer({1, 99, {}})), "failed 38 request ");
}

TEST("helper: answers frame by frame until its input ends, and lets go of what it held") {
  Machine sys;
  const Bytes hold = FormatFrame({7, 2, {B("/dev/sda")}});
  const Bytes flush = FormatFrame({8, 4, {B("/dev/none")}});
  sys.input = std::string(AsText(hold)) + std::string(AsText(flush));
  CHECK_EQ(ServeHelper(sys, 0, 1), 0);
  CHECK(sys.descriptors.empty());
  const auto* bytes = reinterpret_cast<const uint8_t*>(sys.output.data());
  const size_t first = 4 + ReadU32(bytes);
  CHECK_EQ(Show(*ParseFrame(bytes + 4, first - 4)), "done 0");
  const auto second = *ParseFrame(bytes + first + 4, sys.output.size() - first - 4);
  CHECK_EQ(second.id, 8U);
  CHECK_EQ(Show(second), "failed 2 openat /dev/none");
}

TEST("helper: ends at what is no frame, without reading on") {
  Machine sys;
  sys.input = std::string("\xff\xff\xff\x7f", 4) + "rest";
  CHECK_EQ(ServeHelper(sys, 0, 1), 2);
  sys.input = std::string("\x04\0\0\0abcd", 8);
  CHECK_EQ(ServeHelper(sys, 0, 1), 2);
  sys.input = std::string("\x09\0\0\0ab", 6);
  CHECK_EQ(ServeHelper(sys, 0, 1), 0);
  CHECK_EQ(sys.output, "");
}

}  // namespace
}  // namespace brickwork::test
