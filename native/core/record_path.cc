#include "core/record_path.h"

#include <algorithm>

namespace brickwork {

std::optional<RecordPath> ParseRecordPath(const std::string& path) {
  std::vector<std::string> names;
  for (size_t at = 0; at < path.size();) {
    if (path[at] != '/') return std::nullopt;
    const size_t end = std::min(path.find('/', at + 1), path.size());
    names.push_back(path.substr(at + 1, end - at - 1));
    at = end;
  }
  const auto plain = [](const std::string& name) { return !name.empty() && name != "." && name != ".."; };
  if (!std::all_of(names.begin(), names.end(), plain)) return std::nullopt;

  for (const size_t below : {size_t{2}, size_t{3}}) {
    if (names.size() < below + 1 || names[names.size() - below - 1] != "nodes") continue;
    RecordPath record{path, {}, {}};
    std::string prefix;
    for (size_t i = 0; i + 1 < names.size(); ++i) {
      if (i == names.size() - below - 1) record.root = prefix.empty() ? "/" : prefix;
      prefix += "/" + names[i];
      if (i >= names.size() - below) record.directories.push_back(prefix);
    }
    return record;
  }
  return std::nullopt;
}

}  // namespace brickwork
