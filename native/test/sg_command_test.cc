#include "core/sg_command.h"

#include <fcntl.h>
#include <scsi/sg.h>

#include <cstring>

#include "test/check.h"
#include "test/drive.h"
#include "test/fake_syscalls.h"

namespace brickwork::test {
namespace {

class FakeSg : public FakeSyscalls {
 public:
  int openErr = 0, writeErr = 0, readErr = 0;
  bool answers = true;
  int resid = 0;
  unsigned char status = 0, senseLength = 0;
  mutable sg_io_hdr_t written{};

  int Openat(int, const char*, int flags, mode_t) const override {
    CHECK_EQ(flags & (O_ACCMODE | O_NONBLOCK | O_CLOEXEC), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    return openErr != 0 ? Fail(openErr) : OpenFd("sg");
  }
  ssize_t Write(int, const void* bytes, size_t length) const override {
    CHECK_EQ(length, sizeof written);
    std::memcpy(&written, bytes, length);
    return writeErr != 0 ? Fail(writeErr) : static_cast<ssize_t>(length);
  }
  int Poll(pollfd*, nfds_t, int timeoutMs) const override {
    if (answers) return 1;
    nowMs += timeoutMs;
    return 0;
  }
  ssize_t Read(int, void* buffer, size_t length) const override {
    if (readErr != 0) return Fail(readErr);
    sg_io_hdr_t header = written;
    header.status = status;
    header.host_status = 1;
    header.driver_status = 8;
    header.resid = resid;
    header.sb_len_wr = senseLength;
    if (header.dxfer_len > 0) std::memset(header.dxferp, 'd', header.dxfer_len);
    std::memset(header.sbp, 's', header.mx_sb_len);
    std::memcpy(buffer, &header, sizeof header);
    return static_cast<ssize_t>(length);
  }
  Result<ScsiReply> Ask(size_t length = 96) const {
    SgCommand command(*this, {"/dev/sg1", {0x12, 1, 0x83, 0, 96, 0}, length, 2000});
    return Drive(*this, command);
  }
};

TEST("sg: an answer with its data, statuses and sense") {
  FakeSg sg;
  sg.status = 2;
  sg.senseLength = 18;
  sg.resid = 32;
  const ScsiReply reply = sg.Ask().value();
  CHECK_EQ(reply.data.size(), size_t{64});
  CHECK_EQ(reply.data[63], uint8_t{'d'});
  CHECK_EQ(reply.sense.size(), size_t{18});
  CHECK_EQ(int{reply.status}, 2);
  CHECK_EQ(int{reply.hostStatus}, 1);
  CHECK_EQ(int{reply.driverStatus}, 8);
  CHECK_EQ(sg.written.timeout, 2000U);
  CHECK_EQ(sg.written.dxfer_direction, SG_DXFER_FROM_DEV);
  CHECK_EQ(int{sg.written.cmd_len}, 6);
}

TEST("sg: the residual count is clamped to what was asked for") {
  FakeSg sg;
  for (const auto& [resid, left] : {std::pair<int, size_t>{0, 96}, {96, 0}, {97, 0}, {1 << 30, 0}, {-1, 96}, {-2147483647, 96}}) {
    sg.resid = resid;
    CHECK_EQ(sg.Ask().value().data.size(), left);
  }
  CHECK_EQ(sg.Ask(0).value().data.size(), size_t{0});
  CHECK_EQ(sg.written.dxfer_direction, SG_DXFER_NONE);
}

TEST("sg: a device that never answers costs its time-out and half a second") {
  FakeSg sg;
  sg.answers = false;
  const int64_t begun = sg.nowMs;
  CHECK_EQ(sg.Ask().error().err, ETIMEDOUT);
  CHECK_EQ(sg.nowMs - begun, 2500);
  sg.answers = true;
  sg.readErr = EAGAIN;
  CHECK_EQ(sg.Ask().error().err, ETIMEDOUT);
}

TEST("sg: failures name the call, and nothing stays open") {
  FakeSg sg;
  sg.readErr = ENODEV;
  CHECK_EQ(sg.Ask().error().syscall, std::string("read"));
  sg.writeErr = EDOM;
  CHECK_EQ(sg.Ask().error().syscall, std::string("write"));
  sg.openErr = ENXIO;
  CHECK_EQ(sg.Ask().error().path, "/dev/sg1");
}

}  // namespace
}  // namespace brickwork::test
