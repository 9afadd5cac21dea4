#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace brickwork {

using Bytes = std::vector<uint8_t>;

inline std::string_view AsText(const Bytes& bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

}  // namespace brickwork
