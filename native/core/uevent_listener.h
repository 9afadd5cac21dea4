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

// The listener's thread calls it. It must not call Node (see private_descriptors.h).
class UeventReceiver {
 public:
  virtual ~UeventReceiver() = default;
  // Called once, before any event: from now on events are received, or the error.
  virtual void Bound(Result<Done> bound) = 0;
  virtual void Received(std::vector<Bytes> messages) = 0;
};

// A thread that receives uevents. It ends when this object is destroyed, or earlier if it could not bind. Nothing joins it. It releases the
// receiver when it ends.
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
