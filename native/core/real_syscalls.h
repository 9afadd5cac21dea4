#pragma once

#include "core/syscalls.h"

namespace brickwork {

// The machine that this process runs on. Never destroyed: threads may outlive `exit()`'s destructors.
const Syscalls& RealSyscalls();

}  // namespace brickwork
