#include "core/tree_plan.h"

#include <string>

#include "test/check.h"

namespace brickwork::test {
namespace {

TEST("tree: patterns") {
  CHECK(MatchesPattern("*", ""));
  CHECK(MatchesPattern("sd*", "sda"));
  CHECK(MatchesPattern("*:*:*:1", "4:0:0:1"));
  CHECK(!MatchesPattern("*:*:*:1", "4:0:0:12"));
  CHECK(MatchesPattern("a*b*c", "aXbXbYc"));
  CHECK(!MatchesPattern("a*b*c", "aXbXbY"));
  CHECK(!MatchesPattern("sda", "sdaa"));
  CHECK(!MatchesPattern("", "a"));
  CHECK(MatchesPattern("**", "x"));
  CHECK(!MatchesPattern(std::string(40, '*') + "b", std::string(200, 'a')));
}

}  // namespace
}  // namespace brickwork::test
