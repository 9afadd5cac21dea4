#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "core/uevent_listener.h"
#include "glue/environment.h"

namespace brickwork {

// Passes events from a listener's thread to JavaScript, and wakes the lists of steps that wait for them. While a batch still waits for delivery, new events are added to it. If JavaScript
// does not fetch them, memory stays bounded: beyond the limit events are dropped, and an empty message reports the loss.
class EventBox final : public UeventReceiver, public std::enable_shared_from_this<EventBox> {
 public:
  EventBox(std::shared_ptr<Mailbox> mailbox, std::shared_ptr<UeventWatchers> watchers, uint32_t handle, std::unique_ptr<Delivery> onBound)
      : mailbox_(std::move(mailbox)), watchers_(std::move(watchers)), handle_(handle), onBound_(std::move(onBound)) {}

  void Bound(Result<Done> bound) override;
  void Received(std::vector<Bytes> messages) override;

  std::vector<Bytes> TakeAll();

 private:
  const std::shared_ptr<Mailbox> mailbox_;
  const std::shared_ptr<UeventWatchers> watchers_;
  const uint32_t handle_;
  std::unique_ptr<Delivery> onBound_;

  std::mutex mutex_;
  std::vector<Bytes> waiting_;
  size_t waitingBytes_ = 0;
};

// The promise of listen().
class BoundDelivery final : public Delivery {
 public:
  BoundDelivery(Napi::Env env, uint32_t handle) : deferred_(env), handle_(handle), bound_(Done{}) {}
  void Deliver(Napi::Env env) override;

  Napi::Promise promise() const { return deferred_.Promise(); }
  void Set(Result<Done> bound) { bound_ = std::move(bound); }

 private:
  Napi::Promise::Deferred deferred_;
  const uint32_t handle_;
  Result<Done> bound_;
};

}  // namespace brickwork
