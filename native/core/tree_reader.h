#pragma once

#include <string>

#include "core/bytes.h"
#include "core/sys_error.h"
#include "core/syscalls.h"
#include "core/tree_plan.h"

namespace brickwork {

// Reads the tree at `root` by the plan. Objects that are absent, or vanish during the read, are left out. An attribute that cannot be read
// is in the answer with its errno. A directory that cannot be opened is a failure. The answer, little endian:
//   tree  := u8 present, node if present is 1.
//   node  := u16 length of name, name, u16 count, attr*, u16 count, link*, u32 count, child*.
//   attr  := u16 index in the plan's attributes, u8 status (0 read, 1 error), u32 length, bytes (status 1: u32 errno).
//   link  := u16 index in the plan's links, u32 length, bytes.
//   child := u16 index in the plan's children, u32 length of the node, node.
Result<Bytes> ReadTree(const Syscalls& sys, const std::string& root, const TreePlan& plan);

}  // namespace brickwork
