#pragma once

#include <string>

#include "core/bytes.h"
#include "core/deadline.h"
#include "core/polled.h"

struct sg_io_hdr;

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

// One SCSI command that reads, by the asynchronous sg v3 interface. A device that never answers costs only the timeout, and no thread waits
// in the kernel where it could not be interrupted. A SCSI status counts as an answer.
//
// The first step opens the node and submits the command. If all requests of the queue are in use, submission waits for a free one
// (drivers/scsi/sg.c, sg_start_req), so the step needs its own thread.
class SgCommand final : public PolledCall<ScsiReply> {
 public:
  SgCommand(const Syscalls& sys, ScsiRequest request) : PolledCall(sys), request_(std::move(request)) {}
  std::optional<Wait> Advance(bool ready) override;

 private:
  std::optional<Wait> Begin();
  std::optional<Wait> ReadAnswer();
  ScsiReply Decoded(const sg_io_hdr& header);

  ScsiRequest request_;
  ScsiReply reply_{};
  std::optional<Deadline> deadline_;
  bool pausing_ = false;
};

}  // namespace brickwork
