#include "glue/event_box.h"

#include "glue/js_error.h"

namespace brickwork {
namespace {

constexpr size_t kWaitingBytesLimit = 16 * 1024 * 1024;

class EventsDelivery final : public Delivery {
 public:
  EventsDelivery(uint32_t handle, std::shared_ptr<EventBox> events) : handle_(handle), events_(std::move(events)) {}

  void Deliver(Napi::Env env) override {
    std::vector<Bytes> messages = events_->TakeAll();
    auto& listeners = Environment::Of(env).listeners;
    const auto listener = listeners.find(handle_);
    if (listener == listeners.end()) return;  // closed in between
    auto batch = Napi::Array::New(env, messages.size());
    for (uint32_t i = 0; i < messages.size(); ++i) {
      batch.Set(i, Napi::Buffer<uint8_t>::Copy(env, messages[i].data(), messages[i].size()));
    }
    listener->second.onBatch.Call({batch});
  }

 private:
  const uint32_t handle_;
  const std::shared_ptr<EventBox> events_;
};

}  // namespace

void EventBox::Bound(Result<Done> bound) {
  static_cast<BoundDelivery&>(*onBound_).Set(std::move(bound));
  mailbox_->Post(std::move(onBound_));
}

void EventBox::Received(std::vector<Bytes> messages) {
  watchers_->See(messages);
  bool first = false;
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    first = waiting_.empty();
    for (Bytes& message : messages) {
      if (waitingBytes_ > kWaitingBytesLimit) {
        if (!waiting_.back().empty()) waiting_.emplace_back();
        break;
      }
      // Counts the overhead of a waiting message too.
      waitingBytes_ += message.size() + sizeof message;
      waiting_.push_back(std::move(message));
    }
  }
  if (first) mailbox_->Post(std::make_unique<EventsDelivery>(handle_, shared_from_this()));
}

std::vector<Bytes> EventBox::TakeAll() {
  const std::lock_guard<std::mutex> guard(mutex_);
  waitingBytes_ = 0;
  return std::exchange(waiting_, {});
}

void BoundDelivery::Deliver(Napi::Env env) {
  Environment& environment = Environment::Of(env);
  environment.End(env);
  if (bound_.ok()) {
    deferred_.Resolve(Napi::Number::New(env, handle_));
  } else {
    environment.listeners.erase(handle_);
    deferred_.Reject(ToJsError(env, bound_.error()).Value());
  }
}

}  // namespace brickwork
