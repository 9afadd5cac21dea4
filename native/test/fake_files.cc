#include "test/fake_files.h"

#include <algorithm>

namespace brickwork::test {
namespace {

std::vector<std::string> Split(const std::string& path) {
  std::vector<std::string> names;
  for (size_t at = 0; at < path.size();) {
    const size_t end = std::min(path.find('/', at), path.size());
    if (end > at) names.push_back(path.substr(at, end - at));
    at = end + 1;
  }
  return names;
}

void MarkGone(FakeFiles::Object& object) {
  object.gone = true;
  for (const auto& [name, entry] : object.entries) MarkGone(*entry);
}

}  // namespace

FakeFiles::Pointer FakeFiles::NewObject(Object::Type type, const std::string& text, const Pointer& parent) {
  auto object = std::make_shared<Object>();
  object->type = type;
  object->text = text;
  object->parent = parent;
  return object;
}

FakeFiles::FakeFiles() : root_(NewObject(Object::kDirectory, "", nullptr)) {}

FakeFiles::Pointer FakeFiles::Make(const std::string& path, Object::Type type, const std::string& text) {
  Pointer at = root_;
  const auto names = Split(path);
  for (size_t i = 0; i < names.size(); ++i) {
    auto& entry = at->entries[names[i]];
    const bool last = i + 1 == names.size();
    if (!entry) entry = NewObject(last ? type : Object::kDirectory, last ? text : "", at);
    at = entry;
  }
  return at;
}
void FakeFiles::Directory(const std::string& path) { Make(path, Object::kDirectory, ""); }
void FakeFiles::File(const std::string& path, const std::string& text) {
  const Pointer file = Make(path, Object::kFile, text);
  file->text = text;
  file->changedMs = realMs;
}
void FakeFiles::SymbolicLink(const std::string& path, const std::string& target) { Make(path, Object::kLink, target); }
void FakeFiles::Vanish(const std::string& path) {
  std::string name;
  int err = 0;
  const Pointer parent = ParentOf(path, name, err);
  MarkGone(*parent->entries.at(name));
  parent->entries.erase(name);
}

FakeFiles::Pointer FakeFiles::Find(const std::string& path) const {
  int err = 0;
  return Resolve(root_, path, true, err);
}
std::string FakeFiles::TextOf(const std::string& path) const { return Find(path)->text; }
bool FakeFiles::Exists(const std::string& path) const { return Find(path) != nullptr; }
std::vector<std::string> FakeFiles::ListOf(const std::string& path) const {
  std::vector<std::string> names;
  for (const auto& [name, entry] : Find(path)->entries) names.push_back(name);
  return names;
}

int FakeFiles::Faulty(const std::string& call, const std::string& path) const {
  if (before) before(call + " " + path);
  const auto fault = faults.find(call + " " + path);
  return fault == faults.end() ? 0 : fault->second;
}

FakeFiles::Pointer FakeFiles::Resolve(Pointer from, const std::string& path, bool followLast, int& err, int depth) const {
  Pointer at = path[0] == '/' ? root_ : std::move(from);
  const auto names = Split(path);
  err = depth > 8 ? ELOOP : ENOENT;
  if (!at || at->gone || depth > 8) return nullptr;
  for (size_t i = 0; i < names.size(); ++i) {
    if (at->type != Object::kDirectory) {
      err = ENOTDIR;
      return nullptr;
    }
    if (names[i] == ".") continue;
    if (names[i] == "..") {
      at = at->parent.lock();
      if (!at) return nullptr;
      continue;
    }
    const auto entry = at->entries.find(names[i]);
    if (entry == at->entries.end()) return nullptr;
    const bool last = i + 1 == names.size();
    const Pointer parent = at;
    at = entry->second;
    if (at->type == Object::kLink && (!last || followLast)) at = Resolve(parent, at->text, true, err, depth + 1);
    if (!at) return nullptr;
  }
  return at;
}

FakeFiles::Pointer FakeFiles::ParentOf(const std::string& path, std::string& name, int& err) const {
  const size_t slash = path.rfind('/');
  name = path.substr(slash + 1);
  return Resolve(root_, slash == 0 ? "/" : path.substr(0, slash), true, err);
}

}  // namespace brickwork::test
