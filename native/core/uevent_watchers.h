#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/bytes.h"

namespace brickwork {

// Which uevents a watch is for: those with this component of DEVPATH. Empty `subsystem` and `action`: any.
struct UeventMatch {
  std::string component;
  std::string subsystem;
  std::string action;
};

// Wakes those who wait for uevents on other threads than JavaScript's. The listeners' threads report what they receive.
class UeventWatchers {
 public:
  struct Watch {
    const std::vector<UeventMatch> matches;
    const std::function<void()> wake;
    std::atomic<bool> seen;  // an event has come since the last exchange
  };

  // `wake` is called for each event that matches, on the thread that received it. It must not call this object.
  std::shared_ptr<Watch> Add(std::vector<UeventMatch> matches, std::function<void()> wake);
  void Remove(const Watch& watch);
  // Messages of a listener. An empty one, or a gap in the kernel's numbers, means that events were lost: it wakes every watch.
  void See(const std::vector<Bytes>& messages);

 private:
  struct Key {
    std::shared_ptr<Watch> watch;
    const UeventMatch* match;
  };
  void SeeOne(std::string_view message);

  std::mutex mutex_;
  std::unordered_multimap<std::string, Key> byComponent_;
  uint64_t lastSeqnum_ = 0;
};

}  // namespace brickwork
