#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace brickwork {

struct TreeChildPlan;

// What to read in a directory, and which of its entries to enter.
struct TreePlan {
  std::vector<std::string> attributes;
  std::vector<std::string> links;
  std::vector<TreeChildPlan> children;
};
// An attribute of an entry says one of these, without its newline. Not when it is not there; but so when it cannot be read: whoever reads the
// entry will see that.
struct TreeCondition {
  std::string attribute;
  std::set<std::string, std::less<>> among;
};
struct TreeChildPlan {
  std::string pattern;  // of one name; `*` stands for any characters
  bool follow;          // enter symbolic links too
  TreePlan node;
  std::optional<std::vector<std::string>> names{};  // those to enter, when the directory need not be listed for them
  std::optional<TreeCondition> where{};             // only entries of which it is true are entered
};

bool IsPattern(std::string_view text);
bool MatchesPattern(std::string_view pattern, std::string_view name);

}  // namespace brickwork
