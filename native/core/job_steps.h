// The primitives of which a job is composed, as data.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "core/daemon_exchange.h"
#include "core/guarded_write.h"
#include "core/record_change.h"
#include "core/socket_address.h"
#include "core/thread_pool.h"
#include "core/tree_expectation.h"
#include "core/tree_plan.h"
#include "core/uevent_watchers.h"

namespace brickwork {

// A TCP handshake. Stops the job unless it succeeds. Answer: 0 or an errno.
struct ConnectStep {
  SocketAddress address;
  int timeoutMs;
  std::string netns;
};
// A lock that the job keeps until it ends. Never waits: stops the job if another opening of the file has the lock. Answer: whether it has it.
struct FlockStep {
  std::string path;
  std::optional<Bytes> note;  // written to the file, as by NoteHolder()
};
struct ReplaceStep {
  std::string path;
  std::string temporary;
  Bytes data;
  mode_t mode;
};
// Tries for `change.timeoutMs` at a time, so that it occupies no thread while another process has open-iscsi's lock. Stops the job if that
// takes longer than `timeoutMs`. Answer: whether the record is changed.
struct RecordStep {
  RecordChange change;
  int timeoutMs;
};
// Answer: the daemon's.
struct ExchangeStep {
  ExchangeRequest request;
};
// Stops the job unless it is written. Answer: the outcome. Writes with the same key run one after another.
struct WriteStep {
  std::string key;
  WriteRequest request;
};
// Answer: the tree.
struct TreeStep {
  std::string root;
  TreePlan plan;
};
// Reads the tree now, and again after each uevent of the job's watch, until one of `until` holds. Stops the job when `timeoutMs` is over.
// Answer: the last tree. Occupies no thread while it waits.
struct AwaitTreeStep {
  TreeStep tree;
  std::vector<UeventMatch> uevents;
  std::vector<TreeExpectation> until;
  int timeoutMs;
};
// Answer: that of ReadChangedFiles().
struct ChangedStep {
  std::string directory;
  std::string suffix;
  Bytes state;
};
// Answer: that of ReadFiles().
struct FilesStep {
  std::vector<std::string> paths;
};
// Stops the job unless the tree of an earlier step shows this. Answer: whether it does.
struct CheckStep {
  size_t step;
  TreeExpectation expectation;
};

using JobStep = std::variant<ConnectStep, FlockStep, ReplaceStep, RecordStep, ExchangeStep, WriteStep, TreeStep, AwaitTreeStep, ChangedStep,
                             FilesStep, CheckStep>;

// The answer of a step; nothing for a step without one.
using StepAnswer = std::variant<std::monostate, bool, int, Bytes, WriteOutcome>;

// Steps that run one after another on one thread of the pool: reads, and at most one other step, which decides the lane and the key.
struct StepGroup {
  Lane lane;
  std::string key;
  size_t end;  // the first step that is not in the group
};
// The group that begins at this step. Empty (`end` is `at`) if the step is none for the pool.
StepGroup GroupAt(const std::vector<JobStep>& steps, size_t at);

// The uevents that any of the steps waits for.
std::vector<UeventMatch> UeventsOf(const std::vector<JobStep>& steps);

// How long a step may be tried again; 0 for a step that is tried once.
int TimeoutOf(const JobStep& step);

}  // namespace brickwork
