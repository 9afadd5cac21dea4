#pragma once

#include <string>

#include "core/tree_reader.h"
#include "test/check.h"
#include "test/fake_files.h"

namespace brickwork::test {

// The answer as text, in the encoding that tree_reader.h describes.
class TreeText {
 public:
  TreeText(const Bytes& bytes, const TreePlan& plan) : bytes_(bytes) {
    text = Number(1) == 0 ? "absent" : Node(plan);
    CHECK_EQ(at_, bytes_.size());
  }
  std::string text;

 private:
  size_t Number(size_t width) {
    size_t number = 0;
    for (size_t i = 0; i < width; ++i) number |= static_cast<size_t>(bytes_.at(at_ + i)) << (8 * i);
    at_ += width;
    return number;
  }
  std::string Text(size_t length) {
    std::string found(AsText(bytes_).substr(at_, length));
    CHECK_EQ(found.size(), length);
    at_ += length;
    return found;
  }
  std::string Node(const TreePlan& plan) {
    std::string out = Text(Number(2)) + "{";
    for (size_t left = Number(2); left > 0; --left) {
      out += plan.attributes.at(Number(2));
      const bool failed = Number(1) == 1;
      const size_t length = Number(4);
      out += failed ? "!" + std::to_string(Number(4)) : "=" + Text(length);
      if (failed) CHECK_EQ(length, size_t{4});
      out += " ";
    }
    for (size_t left = Number(2); left > 0; --left) {
      out += plan.links.at(Number(2)) + "->";
      out += Text(Number(4)) + " ";
    }
    for (size_t left = Number(4); left > 0; --left) {
      const TreeChildPlan& child = plan.children.at(Number(2));
      const size_t length = Number(4);
      const size_t begin = at_;
      out += child.pattern + ":" + Node(child.node);
      CHECK_EQ(at_ - begin, length);
    }
    return out + "}";
  }
  const Bytes& bytes_;
  size_t at_ = 0;
};

// What a reader of the tree gets, or the call that failed.
inline std::string Read(const FakeFiles& sys, const std::string& root, const TreePlan& plan) {
  const auto read = ReadTree(sys, root, plan);
  if (!read.ok()) return std::string(read.error().syscall) + " " + read.error().path + " " + std::to_string(read.error().err);
  return TreeText(read.value(), plan).text;
}

}  // namespace brickwork::test
