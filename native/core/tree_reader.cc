#include "core/tree_reader.h"

#include <fcntl.h>
#include <limits.h>

#include <algorithm>

#include "core/byte_writer.h"
#include "core/directory_entries.h"
#include "core/file_system.h"
#include "core/small_file.h"
#include "core/unique_fd.h"

namespace brickwork {
namespace {

// In the links of a plan: the link through which the directory was entered.
constexpr std::string_view kEntry = ".";
constexpr int kNoParent = -1;

struct Visit {
  std::string name;
  size_t pattern;
};

class Reader {
 public:
  Reader(const Syscalls& sys, FileSystemTraits traits) : sys_(sys), traits_(traits) {}

  Result<Done> Node(int parent, int directory, const std::string& name, const std::string& path, const TreePlan& plan) {
    out.U16(name.size());
    out.Text(name);
    Attributes(directory, plan);
    Links(parent, directory, name, plan);
    return Children(directory, path, plan);
  }

  ByteWriter out;

 private:
  void Attributes(int directory, const TreePlan& plan) {
    const size_t place = out.Place(2);
    size_t count = 0;
    for (size_t i = 0; i < plan.attributes.size(); ++i) {
      const AttributeText read = Read(directory, plan.attributes[i]);
      if (IsAbsence(read.err)) continue;
      out.U16(i);
      out.U8(read.err == 0 ? 0 : 1);
      if (read.err == 0) {
        out.U32(read.text.size());
        out.Text(read.text);
      } else {
        out.U32(4);
        out.U32(static_cast<size_t>(read.err));
      }
      ++count;
    }
    out.FillU16(place, count);
  }

  void Links(int parent, int directory, const std::string& name, const TreePlan& plan) {
    const size_t place = out.Place(2);
    size_t count = 0;
    for (size_t i = 0; i < plan.links.size(); ++i) {
      char text[PATH_MAX];
      const bool isEntry = plan.links[i] == kEntry;
      if (isEntry && parent == kNoParent) continue;
      const char* link = isEntry ? name.c_str() : plan.links[i].c_str();
      const ssize_t length = sys_.Readlinkat(isEntry ? parent : directory, link, text, sizeof text);
      if (length < 0) continue;
      out.U16(i);
      out.U32(static_cast<size_t>(length));
      out.Text({text, static_cast<size_t>(length)});
      ++count;
    }
    out.FillU16(place, count);
  }

  Result<Done> Children(int directory, const std::string& path, const TreePlan& plan) {
    const size_t place = out.Place(4);
    const auto visits = Visits(directory, path, plan);
    if (!visits.ok()) return visits.error();
    size_t count = 0;
    for (const Visit& visit : visits.value()) {
      const TreeChildPlan& child = plan.children[visit.pattern];
      const std::string childPath = path + "/" + visit.name;
      const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (child.follow ? 0 : O_NOFOLLOW);
      UniqueFd fd(sys_, sys_.Openat(directory, visit.name.c_str(), flags, 0));
      // A link that may not be followed fails with ENOTDIR or ELOOP: it is not a directory of this tree.
      if (!fd && (IsAbsence(errno) || errno == ELOOP)) continue;
      if (!fd) return LastError("openat", childPath);
      if (child.where && !IsTrue(*child.where, fd.get())) continue;
      out.U16(visit.pattern);
      const size_t lengthAt = out.Place(4);
      const auto walked = Node(directory, fd.get(), visit.name, childPath, child.node);
      if (!walked.ok()) return walked.error();
      out.FillU32(lengthAt, out.size() - lengthAt - 4);
      ++count;
    }
    out.FillU32(place, count);
    return Done{};
  }

  bool IsTrue(const TreeCondition& condition, int directory) {
    const AttributeText read = Read(directory, condition.attribute);
    if (read.err != 0) return !IsAbsence(read.err);
    return condition.among.find(TrimNewline(read.text)) != condition.among.end();
  }

  AttributeText Read(int directory, const std::string& path) {
    return ReadAttribute(sys_, directory, path.c_str(), scratch_, traits_.shortReadIsEnd);
  }

  static bool IsMeant(const TreeChildPlan& child, const std::string& name) {
    if (!child.names) return MatchesPattern(child.pattern, name);
    return std::find(child.names->begin(), child.names->end(), name) != child.names->end();
  }

  // The entries to enter, sorted by name, each with the first pattern that it matches.
  Result<std::vector<Visit>> Visits(int directory, const std::string& path, const TreePlan& plan) {
    std::vector<Visit> visits;
    // Opening an entry by its full name costs the same, however many other entries the directory has.
    const bool mustList = std::any_of(plan.children.begin(), plan.children.end(),
                                      [](const TreeChildPlan& child) { return !child.names && IsPattern(child.pattern); });
    if (mustList) {
      const auto entries = ReadAllEntries(sys_, directory, path, traits_.listsAll);
      if (!entries.ok()) return entries.error();
      for (const DirectoryEntry& entry : entries.value()) {
        if (entry.kind == DirectoryEntry::Kind::kOther) continue;
        for (size_t i = 0; i < plan.children.size(); ++i) {
          if (!IsMeant(plan.children[i], entry.name)) continue;
          if (entry.kind != DirectoryEntry::Kind::kLink || plan.children[i].follow) visits.push_back({entry.name, i});
          break;
        }
      }
    } else {
      for (size_t i = 0; i < plan.children.size(); ++i) {
        const auto& names = plan.children[i].names;
        if (!names) visits.push_back({plan.children[i].pattern, i});
        else for (const std::string& name : *names) visits.push_back({name, i});
      }
    }
    const auto byName = [](const Visit& a, const Visit& b) { return a.name < b.name; };
    const auto sameName = [](const Visit& a, const Visit& b) { return a.name == b.name; };
    std::stable_sort(visits.begin(), visits.end(), byName);
    visits.erase(std::unique(visits.begin(), visits.end(), sameName), visits.end());
    return visits;
  }

  const Syscalls& sys_;
  const FileSystemTraits traits_;
  Bytes scratch_;
};

std::string BaseName(const std::string& path) {
  const size_t end = path.find_last_not_of('/');
  if (end == std::string::npos) return "/";
  const size_t slash = path.rfind('/', end);
  const size_t begin = slash == std::string::npos ? 0 : slash + 1;
  return path.substr(begin, end + 1 - begin);
}

}  // namespace

Result<Bytes> ReadTree(const Syscalls& sys, const std::string& root, const TreePlan& plan) {
  UniqueFd fd(sys, sys.Openat(AT_FDCWD, root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0));
  if (!fd && IsAbsence(errno)) return Bytes{0};
  if (!fd) return LastError("openat", root);
  // Plans name no directory on which another file system is mounted.
  Reader reader(sys, TraitsOf(sys, fd.get()));
  reader.out.U8(1);
  const auto walked = reader.Node(kNoParent, fd.get(), BaseName(root), root, plan);
  if (!walked.ok()) return walked.error();
  return reader.out.Take();
}

}  // namespace brickwork
