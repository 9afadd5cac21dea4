#include "core/nvme_admin.h"

#include <linux/nvme_ioctl.h>
#include <sys/ioctl.h>

#include <cstring>

#include "core/helper_service.h"
#include "test/check.h"
#include "test/fake_files.h"
#include "test/helper_answer.h"

namespace brickwork::test {
namespace {

// A controller that answers admin commands.
class Controller : public FakeFiles {
 public:
  int status = 0;
  mutable nvme_admin_cmd seen{};

  Controller() { File("/dev/nvme3", ""); }
  int Ioctl(int fd, unsigned long request, void* argument) const override {
    CHECK_EQ(request, NVME_IOCTL_ADMIN_CMD);
    if (FakeFiles::Ioctl(fd, request, argument) != 0) return -1;
    seen = *static_cast<const nvme_admin_cmd*>(argument);
    std::memset(reinterpret_cast<void*>(static_cast<uintptr_t>(seen.addr)), 'i', seen.data_len);
    return status;
  }
};

HelperFrame AdminFrame(uint8_t opcode, uint32_t length) {
  return {1, 12, {B("/dev/nvme3"), Bytes{opcode}, U32Field(5), U32Field(3), U32Field(length)}};
}

TEST("nvme admin: a status is an answer, and the driver's own time-out applies") {
  Controller sys;
  HelperService service(sys);
  CHECK_EQ(Show(service.Answer(AdminFrame(0x06, 8))), "done 0 iiiiiiii");
  CHECK_EQ(sys.seen.nsid, 5U);
  CHECK_EQ(sys.seen.cdw10, 3U);
  CHECK_EQ(sys.seen.timeout_ms, 0U);
  sys.status = 0x400b;
  CHECK_EQ(Show(service.Answer(AdminFrame(0x06, 8))), "done 16395 iiiiiiii");
  sys.faults["ioctl /dev/nvme3"] = EINTR;
  CHECK_EQ(Show(service.Answer(AdminFrame(0x06, 8))), "failed 4 ioctl(NVME_IOCTL_ADMIN_CMD) /dev/nvme3");
  sys.faults["openat /dev/nvme3"] = EAGAIN;
  CHECK_EQ(Show(service.Answer(AdminFrame(0x06, 8))), "failed 11 openat /dev/nvme3");
}

TEST("nvme admin: commands that do more than read are refused, whoever asks") {
  Controller sys;
  HelperService service(sys);
  int taken = 0;
  for (int opcode = 0; opcode < 256; ++opcode) {
    const std::string answer = Show(service.Answer(AdminFrame(static_cast<uint8_t>(opcode), 8)));
    if (answer == "failed 1 nvme /dev/nvme3") continue;
    CHECK(opcode == 0x02 || opcode == 0x06 || opcode == 0x0a);
    ++taken;
  }
  CHECK_EQ(taken, 3);
}

}  // namespace
}  // namespace brickwork::test
