#pragma once

#include "core/sys_error.h"
#include "core/syscalls.h"

namespace brickwork {

// Gives the calling thread its own descriptor table that contains only 0, 1, 2 and `keep` (-1: nothing more). A thread that is stuck in the
// kernel then keeps no lock, socket or file of the process open, not even after `kill -9`.
//
// The thread loses libuv's wake-up descriptors too: it must never call Node.
Result<Done> TakePrivateDescriptors(const Syscalls& sys, int keep);

}  // namespace brickwork
