#pragma once

#include "core/syscalls.h"

namespace brickwork {

// The system calls of this machine. The object is never destroyed: threads may outlive the destructors that `exit()` runs.
const Syscalls& RealSyscalls();

}  // namespace brickwork
