// Any file system: whatever its directories, links and attributes return, lib/host/tree-decoder.ts can read the resulting tree.
#include "core/tree_expectation.h"
#include "core/tree_reader.h"
#include "fuzz/fed_machine.h"

namespace brickwork {
namespace {

// Makes a name that the addon would accept as the name of an entry.
std::string NameFrom(Feed& feed, std::string name, size_t length) {
  name += feed.Text(length);
  std::replace(name.begin(), name.end(), FedMachine::kStale, 'x');
  return name.empty() ? "name" : name;
}

TreePlan PlanFrom(Feed& feed, int depth) {
  const uint8_t kind = feed.Byte();
  TreePlan plan{{}, {}, {}};
  for (int i = kind & 3; i > 0; --i) plan.attributes.push_back("a" + std::to_string(i));
  for (int i = kind >> 2 & 1; i > 0; --i) plan.links.emplace_back("link");
  for (int i = depth == 0 ? 0 : kind >> 3 & 3; i > 0; --i) {
    const uint8_t child = feed.Byte();
    std::string pattern = NameFrom(feed, (child & 1) != 0 ? "*" : "", child >> 2 & 3);
    plan.children.push_back({std::move(pattern), (child & 2) != 0, PlanFrom(feed, depth - 1)});
    if ((child & 128) != 0) plan.children.back().where = {"a1", {"", "x"}};
    if ((child & 16) != 0) plan.children.back().names = {NameFrom(feed, "", child >> 5 & 3), "name"};
  }
  return plan;
}

// Follows the grammar of tree-decoder.ts, and aborts where the answer violates it.
class Checker {
 public:
  explicit Checker(const Bytes& bytes) : bytes_(bytes) {}

  void Tree(const TreePlan& plan) {
    const uint8_t present = bytes_.at(at_++);
    Require(present <= 1);
    if (present == 1) Node(plan);
    Require(at_ == bytes_.size());
  }

 private:
  size_t U16() {
    const size_t low = bytes_.at(at_++);
    return low | static_cast<size_t>(bytes_.at(at_++)) << 8;
  }
  size_t U32() {
    const size_t low = U16();
    return low | U16() << 16;
  }
  void Skip(size_t length) {
    Require(length <= bytes_.size() - at_);
    at_ += length;
  }
  void Node(const TreePlan& plan) {
    Skip(U16());
    for (size_t left = U16(); left > 0; --left) {
      Require(U16() < plan.attributes.size());
      const bool failed = bytes_.at(at_++) == 1;
      const size_t length = U32();
      Require(!failed || length == 4);
      Skip(length);
    }
    for (size_t left = U16(); left > 0; --left) {
      Require(U16() < plan.links.size());
      Skip(U32());
    }
    for (size_t left = U32(); left > 0; --left) {
      const size_t index = U16();
      Require(index < plan.children.size());
      const size_t length = U32();
      const size_t end = at_ + length;
      Node(plan.children[index].node);
      Require(at_ == end);
    }
  }

  const Bytes& bytes_;
  size_t at_ = 0;
};

}  // namespace
}  // namespace brickwork

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  brickwork::Feed feed(data, size);
  const brickwork::TreePlan plan = brickwork::PlanFrom(feed, 3);
  const brickwork::FedMachine sys(feed, true);
  const auto tree = brickwork::ReadTree(sys, "/sys", plan);
  if (tree.ok()) brickwork::Checker(tree.value()).Tree(plan);
  const brickwork::TreeExpectation expectation{{"*", "n*"}, "a1", {"", "x"}, false};
  if (tree.ok()) (void)brickwork::Holds(expectation, tree.value(), plan);
  // Bytes that are no tree.
  (void)brickwork::Holds(expectation, brickwork::Bytes(data, data + size), plan);
  return 0;
}
