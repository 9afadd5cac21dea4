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

// A list of names is an array, or one text with a NUL behind each name: reading a name costs less than a call of Node-API for it.
std::vector<std::string> ToList(const Napi::Object& object, const char* key) {
  const auto value = object.Get(key);
  std::vector<std::string> names;
  if (!value.IsString()) {
    const auto array = Limited(object, key);
    for (uint32_t i = 0; i < array.Length(); ++i) {
      const Napi::HandleScope scope(object.Env());
      names.push_back(ToText(array.Get(i), key));
    }
    return names;
  }
  const std::string text = value.As<Napi::String>();
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\0', at);
    if (end == std::string::npos || end == at) throw WrongArgument(object.Env(), key, "names, each with a NUL behind it");
    names.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  if (names.size() > kCountLimit) throw WrongArgument(object.Env(), key, "at most 65535 long");
  return names;
}

std::vector<std::string> ToPaths(const Napi::Object& plan, const char* key) {
  auto paths = ToList(plan, key);
  for (const std::string& path : paths) {
    if (path[0] == '/') throw WrongArgument(plan.Env(), key, "relative paths");
  }
  return paths;
}

void CheckEntryName(Napi::Env env, const std::string& name, const char* what) {
  if (name.find('/') != std::string::npos || name == "." || name == "..") {
    throw WrongArgument(env, what, "for the name of an entry of the directory");
  }
}
std::string ToEntryName(const Napi::Value& value, const char* what) {
  std::string name = ToText(value, what);
  CheckEntryName(value.Env(), name, what);
  return name;
}

std::optional<std::vector<std::string>> ToNames(const Napi::Object& child) {
  if (child.Get("names").IsUndefined()) return std::nullopt;
  auto names = ToList(child, "names");
  for (const std::string& name : names) CheckEntryName(child.Env(), name, "names");
  return names;
}

std::optional<TreeCondition> ToCondition(const Napi::Object& child) {
  if (child.Get("where").IsUndefined()) return std::nullopt;
  const auto where = ToObject(child.Get("where"), "where");
  TreeCondition condition{ToRelativePath(where.Get("attribute"), "attribute of where"), {}};
  const auto array = Limited(where, "among");
  for (uint32_t i = 0; i < array.Length(); ++i) {
    const Napi::HandleScope scope(child.Env());
    condition.among.insert(ToAttributeText(array.Get(i), "among"));
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
