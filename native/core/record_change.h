#pragma once

#include <optional>
#include <string>

#include "core/bytes.h"
#include "core/sys_error.h"
#include "core/syscalls.h"

namespace brickwork {

struct RecordChange {
  std::string lockDirectory;
  std::string path;           // <root>/nodes/<target>/<portal> or <root>/nodes/<target>/<portal>/<iface>; empty: the lock is only passed
  std::optional<Bytes> data;  // none: remove
  int timeoutMs;              // for the lock
};

// Replaces or removes a node record of open-iscsi while its database lock is held; false when the lock was not had.
//
// The new text is written to `<root>/.brickwork-record` first, since every other place is looked into: a file in `nodes` ends iscsiadm's
// walk with an error, one in the portal's directory is read as the record of an interface, and libopeniscsiusr reads any file in the
// target's directory as a record. The name is always the same: what a killed process left there goes at the next change, and the lock
// keeps two from using it. Only where `<root>` cannot serve (read-only, or `nodes` is a file system of its own) the target's directory
// is taken, where iscsiadm skips names without a comma.
Result<bool> ChangeRecord(const Syscalls& sys, const RecordChange& change);

}  // namespace brickwork
