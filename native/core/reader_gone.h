#pragma once

#include "core/syscalls.h"

namespace brickwork {

// Whether nobody reads what is written to this descriptor: every reader of the pipe, or the peer of the socket, has closed it. poll(2) says
// so by POLLERR or POLLHUP, also while nothing is written. False for files and terminals, and if poll fails.
bool ReaderGone(const Syscalls& sys, int fd);

}  // namespace brickwork
