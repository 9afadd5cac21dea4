#include "core/uevent_watchers.h"

#include <algorithm>
#include <charconv>

#include "core/uevent_message.h"

namespace brickwork {
namespace {

struct UeventFields {
  std::string_view action;
  std::string_view devpath;
  std::string_view subsystem;
  uint64_t seqnum = 0;
};

UeventFields FieldsOf(std::string_view text) {
  UeventFields fields;
  while (!text.empty()) {
    const std::string_view entry = text.substr(0, text.find('\0'));
    text.remove_prefix(std::min(text.size(), entry.size() + 1));
    const size_t equals = std::min(entry.find('='), entry.size());
    const std::string_view key = entry.substr(0, equals);
    const std::string_view value = entry.substr(std::min(entry.size(), equals + 1));
    if (key == "ACTION") fields.action = value;
    if (key == "DEVPATH") fields.devpath = value;
    if (key == "SUBSYSTEM") fields.subsystem = value;
    if (key == "SEQNUM") (void)std::from_chars(value.data(), value.data() + value.size(), fields.seqnum);
  }
  return fields;
}

}  // namespace

std::shared_ptr<UeventWatchers::Watch> UeventWatchers::Add(std::vector<UeventMatch> matches, std::function<void()> wake) {
  auto watch = std::shared_ptr<Watch>(new Watch{std::move(matches), std::move(wake), {false}});
  const std::lock_guard<std::mutex> guard(mutex_);
  for (const UeventMatch& match : watch->matches) byComponent_.emplace(match.component, Key{watch, &match});
  return watch;
}

void UeventWatchers::Remove(const Watch& watch) {
  std::vector<std::shared_ptr<Watch>> removed;  // destroyed after the lock is free: `wake` may own anything
  const std::lock_guard<std::mutex> guard(mutex_);
  for (auto key = byComponent_.begin(); key != byComponent_.end();) {
    if (key->second.watch.get() != &watch) {
      ++key;
      continue;
    }
    removed.push_back(std::move(key->second.watch));
    key = byComponent_.erase(key);
  }
}

void UeventWatchers::See(const std::vector<Bytes>& messages) {
  const std::lock_guard<std::mutex> guard(mutex_);
  for (const Bytes& message : messages) SeeOne(AsText(message));
}

void UeventWatchers::SeeOne(std::string_view message) {
  const auto wake = [](Watch& watch) {
    watch.seen = true;
    watch.wake();
  };
  const UeventFields fields = FieldsOf(message.substr(std::min<size_t>(message.size(), 1)));
  const bool isKernels = !message.empty() && message.front() == static_cast<char>(UeventSource::kKernel);
  const bool lost = message.empty() || (isKernels && lastSeqnum_ != 0 && fields.seqnum > lastSeqnum_ + 1);
  // Those of several listeners come twice: the number never goes back.
  if (message.empty()) lastSeqnum_ = 0;
  if (isKernels) lastSeqnum_ = std::max(lastSeqnum_, fields.seqnum);
  if (lost) {
    for (const auto& [component, key] : byComponent_) wake(*key.watch);
    return;
  }
  for (std::string_view path = fields.devpath; !path.empty();) {
    const std::string_view component = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(path.size(), component.size() + 1));
    if (component.empty()) continue;
    const auto [first, last] = byComponent_.equal_range(std::string(component));
    for (auto key = first; key != last; ++key) {
      const UeventMatch& match = *key->second.match;
      if (!match.subsystem.empty() && match.subsystem != fields.subsystem) continue;
      if (!match.action.empty() && match.action != fields.action) continue;
      wake(*key->second.watch);
    }
  }
}

}  // namespace brickwork
