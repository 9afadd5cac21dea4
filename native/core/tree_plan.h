#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace brickwork {

struct TreeChildPlan;

// Which attributes and links to read in a directory, and which of its entries to enter.
struct TreePlan {
  std::vector<std::string> attributes;
  std::vector<std::string> links;  // `.`: the link through which the directory was entered
  std::vector<TreeChildPlan> children;
};
// True if the attribute of an entry has one of these values, without its newline. Absent: false. Unreadable: true, because the reader of
// the entry will then get the error.
struct TreeCondition {
  std::string attribute;
  std::set<std::string, std::less<>> among;
};
struct TreeChildPlan {
  std::string pattern;  // of one name; `*` stands for any characters
  bool follow;          // enter symbolic links too
  TreePlan node;
  std::optional<std::vector<std::string>> names{};  // entries to enter without listing the directory
  std::optional<TreeCondition> where{};             // enters only entries for which it is true
};

bool IsPattern(std::string_view text);
bool MatchesPattern(std::string_view pattern, std::string_view name);

}  // namespace brickwork
