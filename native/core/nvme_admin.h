#pragma once

#include <string>

#include "core/bytes.h"
#include "core/sys_error.h"
#include "core/syscalls.h"

namespace brickwork {

struct NvmeAdminRequest {
  std::string node;  // /dev/nvme3
  uint8_t opcode;
  uint32_t nsid;
  uint32_t cdw10;
  uint32_t length;  // bytes to read
};
struct NvmeAdminReply {
  uint32_t status;  // of NVMe: 0 for success
  Bytes data;
};

constexpr uint32_t kAdminDataLimit = 1024 * 1024;

// Whether the command only reads: Get Log Page, Identify, Get Features.
bool IsReadingAdminCommand(uint8_t opcode);

// Waits as long as the driver does (60 s). A shorter time-out would make it reset the controller, for everybody. Commands that do more than
// read are refused with EPERM.
Result<NvmeAdminReply> SendNvmeAdmin(const Syscalls& sys, const NvmeAdminRequest& request);

}  // namespace brickwork
