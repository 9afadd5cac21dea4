#pragma once

#include <optional>
#include <string>
#include <vector>

namespace brickwork {

// The parts of `<root>/nodes/<target>/<portal>[/<iface>]`.
struct RecordPath {
  std::string file;
  std::string root;
  // Directories of the record above the file, outermost first: `<root>/nodes/<target>` and, with an interface, `…/<portal>`.
  std::vector<std::string> directories;
};

// Returns nothing for a path of another form: the caller creates and removes directories around a record by these parts.
std::optional<RecordPath> ParseRecordPath(const std::string& path);

}  // namespace brickwork
