#pragma once

#include <string>

#include "core/bytes.h"
#include "core/sys_error.h"
#include "core/syscalls.h"

namespace brickwork {

struct ScsiRequest {
  std::string node;  // /dev/sgN
  Bytes cdb;
  size_t length;  // bytes to read at most
  int timeoutMs;
};
struct ScsiReply {
  uint8_t status;
  uint16_t hostStatus;
  uint16_t driverStatus;
  Bytes sense;
  Bytes data;
};

// One SCSI command that reads, by the asynchronous sg v3 interface: a device that never answers costs the time-out, and no thread
// waits in the kernel where nothing can end it. A SCSI status is an answer.
Result<ScsiReply> SgCommand(const Syscalls& sys, const ScsiRequest& request);

}  // namespace brickwork
