#include "core/nvme_admin.h"

#include <fcntl.h>
#include <linux/nvme_ioctl.h>
#include <sys/ioctl.h>

#include "core/unique_fd.h"

namespace brickwork {

bool IsReadingAdminCommand(uint8_t opcode) {
  constexpr uint8_t kGetLogPage = 0x02, kIdentify = 0x06, kGetFeatures = 0x0a;
  return opcode == kGetLogPage || opcode == kIdentify || opcode == kGetFeatures;
}

Result<NvmeAdminReply> SendNvmeAdmin(const Syscalls& sys, const NvmeAdminRequest& request) {
  if (!IsReadingAdminCommand(request.opcode)) return SysError{EPERM, "nvme", request.node};
  const UniqueFd fd(sys, sys.Openat(AT_FDCWD, request.node.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0));
  if (!fd) return LastError("openat", request.node);
  Bytes data(request.length);
  nvme_admin_cmd command{};
  command.opcode = request.opcode;
  command.nsid = request.nsid;
  command.addr = reinterpret_cast<uintptr_t>(data.data());
  command.data_len = request.length;
  command.cdw10 = request.cdw10;
  const int status = sys.Ioctl(fd.get(), NVME_IOCTL_ADMIN_CMD, &command);
  if (status < 0) return LastError("ioctl(NVME_IOCTL_ADMIN_CMD)", request.node);
  return NvmeAdminReply{static_cast<uint32_t>(status), std::move(data)};
}

}  // namespace brickwork
