#include "core/sg_command.h"

#include <fcntl.h>
#include <scsi/sg.h>

#include <algorithm>

#include "core/deadline.h"
#include "core/unique_fd.h"

namespace brickwork {
namespace {

// The kernel's own time-out comes first; this is for a kernel whose error handling takes longer.
constexpr int kGraceMs = 500;

}  // namespace

Result<ScsiReply> SgCommand(const Syscalls& sys, const ScsiRequest& request) {
  UniqueFd fd(sys, sys.Openat(AT_FDCWD, request.node.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC, 0));
  if (!fd) return LastError("openat", request.node);

  ScsiReply reply{0, 0, 0, Bytes(255), Bytes(request.length)};
  Bytes cdb = request.cdb;
  sg_io_hdr_t header{};
  header.interface_id = 'S';
  header.dxfer_direction = request.length == 0 ? SG_DXFER_NONE : SG_DXFER_FROM_DEV;
  header.cmd_len = static_cast<unsigned char>(cdb.size());
  header.cmdp = cdb.data();
  header.mx_sb_len = static_cast<unsigned char>(reply.sense.size());
  header.sbp = reply.sense.data();
  header.dxfer_len = static_cast<unsigned int>(reply.data.size());
  header.dxferp = reply.data.data();
  header.timeout = static_cast<unsigned int>(request.timeoutMs);

  const Deadline deadline(sys, int64_t{request.timeoutMs} + kGraceMs);
  if (sys.Write(fd.get(), &header, sizeof header) < 0) return LastError("write", request.node);
  for (;;) {
    const auto ready = deadline.Await(fd.get(), POLLIN, "poll", request.node);
    if (!ready.ok()) return ready.error();
    const ssize_t got = sys.Read(fd.get(), &header, sizeof header);
    if (got == static_cast<ssize_t>(sizeof header)) break;
    if (got >= 0) return SysError{EIO, "read", request.node};
    // poll() also ends for a device that went away: read() then says so.
    if (errno != EAGAIN) return LastError("read", request.node);
    if (!deadline.Sleep(1)) return SysError{ETIMEDOUT, "read", request.node};
  }

  reply.status = header.status;
  reply.hostStatus = header.host_status;
  reply.driverStatus = header.driver_status;
  reply.sense.resize(std::min<size_t>(header.sb_len_wr, reply.sense.size()));
  // The residual count comes from the device: it becomes a size only within bounds.
  const size_t missing = static_cast<size_t>(std::max(0, header.resid));
  reply.data.resize(request.length - std::min(missing, request.length));
  return reply;
}

}  // namespace brickwork
