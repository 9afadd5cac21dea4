#include "glue/arguments.h"

namespace brickwork {
namespace {

constexpr int kDepthLimit = 32;
constexpr uint32_t kCountLimit = 0xffff;  // indices are u16 in the answer

Napi::Array Limited(const Napi::Object& plan, const char* key) {
  const auto array = ToArray(plan.Get(key), key);
  if (array.Length() > kCountLimit) throw WrongArgument(plan.Env(), key, "at most 65535 long");
  return array;
}

std::vector<std::string> ToPaths(const Napi::Object& plan, const char* key) {
  const auto array = Limited(plan, key);
  std::vector<std::string> paths;
  for (uint32_t i = 0; i < array.Length(); ++i) paths.push_back(ToRelativePath(array.Get(i), key));
  return paths;
}

std::string ToEntryName(const Napi::Value& value, const char* what) {
  std::string name = ToText(value, what);
  if (name.find('/') != std::string::npos || name == "." || name == "..") {
    throw WrongArgument(value.Env(), what, "for the name of an entry of the directory");
  }
  return name;
}

std::optional<std::vector<std::string>> ToNames(const Napi::Object& child) {
  if (child.Get("names").IsUndefined()) return std::nullopt;
  std::vector<std::string> names;
  const auto array = Limited(child, "names");
  for (uint32_t i = 0; i < array.Length(); ++i) {
    const Napi::HandleScope scope(child.Env());
    names.push_back(ToEntryName(array.Get(i), "names"));
  }
  return names;
}

std::optional<TreeCondition> ToCondition(const Napi::Object& child) {
  if (child.Get("where").IsUndefined()) return std::nullopt;
  const auto where = ToObject(child.Get("where"), "where");
  TreeCondition condition{ToRelativePath(where.Get("attribute"), "attribute of where"), {}};
  const auto array = Limited(where, "among");
  for (uint32_t i = 0; i < array.Length(); ++i) {
    const Napi::HandleScope scope(child.Env());
    condition.among.insert(ToText(array.Get(i), "among"));
  }
  return condition;
}

}  // namespace

TreePlan ToTreePlan(const Napi::Value& value, int depth) {
  if (depth > kDepthLimit) throw WrongArgument(value.Env(), "plan", "less deep");
  const auto object = ToObject(value, "plan");
  TreePlan plan{ToPaths(object, "attributes"), ToPaths(object, "links"), {}};
  const auto children = Limited(object, "children");
  for (uint32_t i = 0; i < children.Length(); ++i) {
    const Napi::HandleScope scope(value.Env());
    const auto child = ToObject(children.Get(i), "child");
    plan.children.push_back({ToEntryName(child.Get("pattern"), "pattern"), child.Get("follow").ToBoolean(),
                             ToTreePlan(child.Get("node"), depth + 1), ToNames(child), ToCondition(child)});
  }
  return plan;
}

}  // namespace brickwork
