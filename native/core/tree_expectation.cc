#include "core/tree_expectation.h"

#include <algorithm>
#include <string_view>

#include "core/small_file.h"

namespace brickwork {
namespace {

// Takes fields from the front of an answer. A field that is not whole ends the answer.
class TreeFields {
 public:
  explicit TreeFields(std::string_view bytes) : bytes_(bytes) {}

  size_t Number(size_t width) {
    const std::string_view field = Text(width);
    size_t number = 0;
    for (size_t i = field.size(); i > 0; --i) number = number << 8 | static_cast<uint8_t>(field[i - 1]);
    return number;
  }
  std::string_view Text(size_t length) {
    const std::string_view field = length <= bytes_.size() ? bytes_.substr(0, length) : std::string_view{};
    bytes_ = length <= bytes_.size() ? bytes_.substr(length) : std::string_view{};
    return field;
  }
  bool empty() const { return bytes_.empty(); }

 private:
  std::string_view bytes_;
};

// tree_reader.h describes the encoding.
bool Shows(const TreeExpectation& expectation, size_t depth, TreeFields node, const TreePlan& plan) {
  const bool isEnd = depth == expectation.path.size();
  if (isEnd && expectation.attribute.empty()) return true;
  for (size_t left = node.Number(2); left > 0 && !node.empty(); --left) {
    const size_t index = node.Number(2);
    const bool isRead = node.Number(1) == 0;
    const std::string_view text = node.Text(node.Number(4));
    if (!isEnd || !isRead || index >= plan.attributes.size() || plan.attributes[index] != expectation.attribute) continue;
    if (expectation.firstByte.empty()) return expectation.among.count(TrimNewline(text)) > 0;
    const auto& bytes = expectation.firstByte;
    return !text.empty() && std::find(bytes.begin(), bytes.end(), static_cast<uint8_t>(text.front())) != bytes.end();
  }
  if (isEnd) return false;
  for (size_t left = node.Number(2); left > 0 && !node.empty(); --left) {
    node.Number(2);
    node.Text(node.Number(4));
  }
  for (size_t left = node.Number(4); left > 0 && !node.empty(); --left) {
    const size_t index = node.Number(2);
    TreeFields child(node.Text(node.Number(4)));
    if (index >= plan.children.size() || !MatchesPattern(expectation.path[depth], child.Text(child.Number(2)))) continue;
    if (Shows(expectation, depth + 1, child, plan.children[index].node)) return true;
  }
  return false;
}

}  // namespace

bool Holds(const TreeExpectation& expectation, const Bytes& tree, const TreePlan& plan) {
  TreeFields fields(AsText(tree));
  bool shows = false;
  if (fields.Number(1) == 1) {
    fields.Text(fields.Number(2));
    shows = Shows(expectation, 0, fields, plan);
  }
  return shows != expectation.absent;
}

}  // namespace brickwork
