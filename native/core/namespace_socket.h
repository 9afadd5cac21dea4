#pragma once

#include <string>

#include "core/sys_error.h"
#include "core/syscalls.h"
#include "core/unique_fd.h"

namespace brickwork {

// Opens a socket in the network namespace `netns` (a path such as /proc/1/ns/net; empty: the caller's own). A socket stays in the namespace
// in which it was created.
Result<UniqueFd> OpenSocket(const Syscalls& sys, const std::string& netns, int domain, int type, int protocol);

}  // namespace brickwork
