#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/bytes.h"
#include "core/sys_error.h"
#include "core/syscalls.h"
#include "core/unique_fd.h"

namespace brickwork {

struct UeventOptions {
  unsigned int groups;  // 1 kernel, 2 udev, 3 both
  std::string netns;
};

// Called on the listener's thread, which must not call Node (see private_descriptors.h).
class UeventReceiver {
 public:
  virtual ~UeventReceiver() = default;
  // Once, before anything else: events that happen from now on are received, or why not.
  virtual void Bound(Result<Done> bound) = 0;
  virtual void Received(std::vector<Bytes> messages) = 0;
};

// A thread that receives uevents. It ends when this object goes, or has ended already because it could not bind; nobody waits for it,
// and it lets go of the receiver when it ends.
class UeventListener {
 public:
  static Result<std::unique_ptr<UeventListener>> Start(const Syscalls& sys, UeventOptions options,
                                                       std::shared_ptr<UeventReceiver> receiver);

  UeventListener(const Syscalls& sys, UniqueFd wake) : sys_(sys), wake_(std::move(wake)) {}
  UeventListener(const UeventListener&) = delete;
  UeventListener& operator=(const UeventListener&) = delete;
  ~UeventListener();

 private:
  const Syscalls& sys_;
  UniqueFd wake_;
};

}  // namespace brickwork
