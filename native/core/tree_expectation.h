#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/bytes.h"
#include "core/tree_plan.h"

namespace brickwork {

// What a tree must show. `path` leads from the root of the tree to directories, by patterns of one name each. It holds if one of these
// directories has the attribute with one of the values, without its newline; no attribute: if there is such a directory. `absent`: it holds
// if there is none.
struct TreeExpectation {
  std::vector<std::string> path;
  std::string attribute;
  std::set<std::string, std::less<>> among;
  bool absent;
  Bytes firstByte{};  // if not empty, instead of `among`: the attribute begins with one of these bytes
};

// `tree`: an answer of ReadTree with this plan. A malformed one shows nothing.
bool Holds(const TreeExpectation& expectation, const Bytes& tree, const TreePlan& plan);

}  // namespace brickwork
