#pragma once

#include <string>

#include "core/bytes.h"
#include "core/sys_error.h"
#include "core/syscalls.h"
#include "core/tree_plan.h"

namespace brickwork {

// Reads the tree at `root` as the plan says; the answer is encoded as tree_writer.h tells. What is absent, or vanishes meanwhile,
// is left out; an attribute that cannot be read is in the answer with its errno; a directory that cannot be opened is a failure.
Result<Bytes> ReadTree(const Syscalls& sys, const std::string& root, const TreePlan& plan);

}  // namespace brickwork
