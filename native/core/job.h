#pragma once

#include <memory>
#include <utility>

namespace brickwork {

// Work for a thread of the pool. A job is its own list entry, so passing it on allocates nothing and cannot fail.
class Job {
 public:
  virtual ~Job() = default;
  virtual void Run() noexcept = 0;
  // Called when it has run and its place is free. Returns true if it passes its result on itself: then nobody else gets it.
  virtual bool HandsOver() noexcept { return false; }

 private:
  friend class JobQueue;
  std::unique_ptr<Job> next_;
};

// First in, first out.
class JobQueue {
 public:
  JobQueue() = default;
  JobQueue(JobQueue&& other) noexcept
      : head_(std::move(other.head_)), tail_(std::exchange(other.tail_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  JobQueue& operator=(JobQueue&& other) noexcept {
    std::swap(head_, other.head_);
    std::swap(tail_, other.tail_);
    std::swap(size_, other.size_);
    return *this;
  }
  // Destroys the jobs one by one: a chain of owners would be destroyed by recursion.
  ~JobQueue() {
    while (Pop()) {
    }
  }

  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }

  void Push(std::unique_ptr<Job> job) {
    Job* const added = job.get();
    (tail_ == nullptr ? head_ : tail_->next_) = std::move(job);
    tail_ = added;
    ++size_;
  }
  std::unique_ptr<Job> Pop() {
    if (!head_) return nullptr;
    std::unique_ptr<Job> job = std::move(head_);
    head_ = std::move(job->next_);
    if (!head_) tail_ = nullptr;
    --size_;
    return job;
  }
  // Removes this job at any position. Returns null if it is not in the queue.
  std::unique_ptr<Job> Remove(const Job* wanted) {
    Job* before = nullptr;
    for (Job* job = head_.get(); job != nullptr; before = job, job = job->next_.get()) {
      if (job != wanted) continue;
      std::unique_ptr<Job>& place = before == nullptr ? head_ : before->next_;
      std::unique_ptr<Job> removed = std::move(place);
      place = std::move(removed->next_);
      if (tail_ == wanted) tail_ = before;
      --size_;
      return removed;
    }
    return nullptr;
  }

 private:
  std::unique_ptr<Job> head_;
  Job* tail_ = nullptr;
  size_t size_ = 0;
};

}  // namespace brickwork
