// The keys by which calls of one lane run one after another.
#pragma once

#include <string>

namespace brickwork {

inline std::string WriteKey(const std::string& object) { return "write " + object; }
inline std::string FileKey(const std::string& path) { return "file " + path; }
inline std::string RecordKey(const std::string& lockDirectory) { return "record " + lockDirectory; }

}  // namespace brickwork
