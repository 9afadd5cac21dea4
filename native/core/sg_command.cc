#include "core/sg_command.h"

#include <fcntl.h>
#include <scsi/sg.h>

#include <algorithm>

namespace brickwork {
namespace {

// The kernel's own timeout normally comes first. This margin is for a kernel whose error handling takes longer.
constexpr int kGraceMs = 500;

}  // namespace

std::optional<Polled::Wait> SgCommand::Begin() {
  fd_ = UniqueFd(sys_, sys_.Openat(AT_FDCWD, request_.node.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC, 0));
  if (!fd_) return Answer(LastError("openat", request_.node));

  reply_.sense.resize(255);
  reply_.data.resize(request_.length);
  sg_io_hdr_t header{};
  header.interface_id = 'S';
  header.dxfer_direction = request_.length == 0 ? SG_DXFER_NONE : SG_DXFER_FROM_DEV;
  header.cmd_len = static_cast<unsigned char>(request_.cdb.size());
  header.cmdp = request_.cdb.data();
  header.mx_sb_len = static_cast<unsigned char>(reply_.sense.size());
  header.sbp = reply_.sense.data();
  header.dxfer_len = static_cast<unsigned int>(reply_.data.size());
  header.dxferp = reply_.data.data();
  header.timeout = static_cast<unsigned int>(request_.timeoutMs);
  if (sys_.Write(fd_.get(), &header, sizeof header) < 0) return Answer(LastError("write", request_.node));
  deadline_.emplace(sys_, int64_t{request_.timeoutMs} + kGraceMs);
  return Wait{fd_.get(), POLLIN, deadline_->endsAtMs()};
}

std::optional<Polled::Wait> SgCommand::Advance(bool ready) {
  if (!deadline_) return Begin();
  if (!ready && deadline_->RemainingMs() == 0) return Answer(SysError{ETIMEDOUT, pausing_ ? "read" : "poll", request_.node});
  if (ready) return ReadAnswer();
  pausing_ = false;
  return Wait{fd_.get(), POLLIN, deadline_->endsAtMs()};
}

std::optional<Polled::Wait> SgCommand::ReadAnswer() {
  sg_io_hdr_t header{};
  header.interface_id = 'S';
  header.mx_sb_len = static_cast<unsigned char>(reply_.sense.size());
  header.sbp = reply_.sense.data();
  const ssize_t got = sys_.Read(fd_.get(), &header, sizeof header);
  if (got == static_cast<ssize_t>(sizeof header)) return Answer(Decoded(header));
  if (got >= 0) return Answer(SysError{EIO, "read", request_.node});
  // poll() also returns when the device is removed; read() then reports it.
  if (errno != EAGAIN) return Answer(LastError("read", request_.node));
  pausing_ = true;
  return Wait{-1, 0, std::min(sys_.MonotonicMs() + 1, deadline_->endsAtMs())};
}

ScsiReply SgCommand::Decoded(const sg_io_hdr& header) {
  reply_.status = header.status;
  reply_.hostStatus = header.host_status;
  reply_.driverStatus = header.driver_status;
  reply_.sense.resize(std::min<size_t>(header.sb_len_wr, reply_.sense.size()));
  // The residual count comes from the device, so it is limited before it is used as a size.
  const size_t missing = static_cast<size_t>(std::max(0, header.resid));
  reply_.data.resize(request_.length - std::min(missing, request_.length));
  return std::move(reply_);
}

}  // namespace brickwork
