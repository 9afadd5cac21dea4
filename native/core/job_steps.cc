#include "core/job_steps.h"

#include <optional>
#include <utility>

#include "core/lane_keys.h"

namespace brickwork {
namespace {

bool IsRead(const JobStep& step) {
  return std::holds_alternative<TreeStep>(step) || std::holds_alternative<AwaitTreeStep>(step) ||
         std::holds_alternative<ChangedStep>(step) || std::holds_alternative<FilesStep>(step) || std::holds_alternative<CheckStep>(step);
}

// The place of a step that is no read, as in glue/file_exports.cc.
std::optional<std::pair<Lane, std::string>> PlaceOf(const JobStep& step) {
  if (const auto* const write = std::get_if<WriteStep>(&step)) return std::pair(Lane::kWrite, WriteKey(write->key));
  if (const auto* const replace = std::get_if<ReplaceStep>(&step)) return std::pair(Lane::kFile, FileKey(replace->path));
  if (const auto* const record = std::get_if<RecordStep>(&step)) return std::pair(Lane::kFile, RecordKey(record->change.lockDirectory));
  return std::nullopt;
}

}  // namespace

StepGroup GroupAt(const std::vector<JobStep>& steps, size_t at) {
  StepGroup group{Lane::kRead, {}, at};
  for (bool placed = false; group.end < steps.size(); ++group.end) {
    if (IsRead(steps[group.end])) continue;
    const auto place = PlaceOf(steps[group.end]);
    if (placed || !place) break;
    placed = true;
    group.lane = place->first;
    group.key = place->second;
  }
  return group;
}

std::vector<UeventMatch> UeventsOf(const std::vector<JobStep>& steps) {
  std::vector<UeventMatch> all;
  for (const JobStep& step : steps) {
    if (const auto* const awaits = std::get_if<AwaitTreeStep>(&step)) all.insert(all.end(), awaits->uevents.begin(), awaits->uevents.end());
  }
  return all;
}

int TimeoutOf(const JobStep& step) {
  if (const auto* const awaits = std::get_if<AwaitTreeStep>(&step)) return awaits->timeoutMs;
  if (const auto* const record = std::get_if<RecordStep>(&step)) return record->timeoutMs;
  return 0;
}

}  // namespace brickwork
