#pragma once

#include <optional>
#include <string>

#include "core/bytes.h"
#include "core/sys_error.h"
#include "core/syscalls.h"

namespace brickwork {

struct RecordChange {
  std::string lockDirectory;
  std::string path;           // <root>/nodes/<target>/<portal> or <root>/nodes/<target>/<portal>/<iface>; empty: only takes and releases the lock
  std::optional<Bytes> data;  // none: remove
  int timeoutMs;              // for the lock
};

// Replaces or removes a node record of open-iscsi under open-iscsi's database lock. Returns false if the lock could not be taken in time.
//
// The new text is first written to `<root>/.brickwork-record`, because open-iscsi reads every other place. A file in `nodes` ends
// iscsiadm's walk with an error. A file in the portal's directory is read as the record of an interface. libopeniscsiusr reads any file in
// the target's directory as a record. The name is always the same: the next change replaces a file that a killed process left, and the lock
// keeps two processes from using it at once. If `<root>` cannot serve (it is read-only, or `nodes` is a separate file system), the file is
// written in the target's directory, where iscsiadm skips names without a comma.
Result<bool> ChangeRecord(const Syscalls& sys, const RecordChange& change);

}  // namespace brickwork
