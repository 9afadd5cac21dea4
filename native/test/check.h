// A test is a function that registers itself. A failed check throws, so the rest of its test does not run.
#pragma once

#include <functional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace brickwork::test {

struct Case {
  const char* name;
  std::function<void()> body;
};
std::vector<Case>& Cases();

struct Registration {
  Registration(const char* name, std::function<void()> body) { Cases().push_back({name, std::move(body)}); }
};
struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

template <typename T>
std::string Show(const T& value) {
  std::ostringstream out;
  if constexpr (std::is_enum_v<T>) {
    out << static_cast<long long>(value);
  } else {
    out << std::boolalpha << value;
  }
  return out.str();
}
template <typename T>
std::string Show(const std::vector<T>& values) {
  std::string out = "[";
  for (const T& value : values) out += Show(value) + " ";
  return out + "]";
}
inline std::string Show(uint8_t value) { return std::to_string(value); }

template <typename A, typename B>
void CheckEqual(const A& found, const B& expected, const char* text, int line) {
  if (found == expected) return;
  throw Failure("line " + std::to_string(line) + ": " + text + " is " + Show(found) + ", not " + Show(expected));
}

}  // namespace brickwork::test

#define BW_JOIN2(a, b) a##b
#define BW_JOIN(a, b) BW_JOIN2(a, b)
#define TEST(name)                                                                                               \
  static void BW_JOIN(TestBody, __LINE__)();                                                                     \
  static const ::brickwork::test::Registration BW_JOIN(registered, __LINE__)(name, BW_JOIN(TestBody, __LINE__)); \
  static void BW_JOIN(TestBody, __LINE__)()
#define CHECK_EQ(found, expected) ::brickwork::test::CheckEqual((found), (expected), #found, __LINE__)
#define CHECK(condition) ::brickwork::test::CheckEqual(static_cast<bool>(condition), true, #condition, __LINE__)
