#include <cstdio>
#include <exception>

#include "test/check.h"

namespace brickwork::test {
std::vector<Case>& Cases() {
  static std::vector<Case> cases;
  return cases;
}
}  // namespace brickwork::test

int main() {
  int failed = 0;
  for (const auto& test : brickwork::test::Cases()) {
    try {
      test.body();
      std::printf("ok - %s\n", test.name);
    } catch (const std::exception& error) {
      ++failed;
      std::printf("not ok - %s: %s\n", test.name, error.what());
    }
    std::fflush(stdout);
  }
  return failed == 0 ? 0 : 1;
}
