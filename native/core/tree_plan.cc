#include "core/tree_plan.h"

namespace brickwork {

bool IsPattern(std::string_view text) { return text.find('*') != std::string_view::npos; }

bool MatchesPattern(std::string_view pattern, std::string_view name) {
  // If the rest does not match, the last star takes one character more: linear in practice, never exponential.
  size_t p = 0;
  size_t n = 0;
  size_t star = std::string_view::npos;
  size_t taken = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++taken;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace brickwork
