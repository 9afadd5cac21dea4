#pragma once

#include <napi.h>

#include <vector>

#include "core/job_steps.h"

namespace brickwork {

// The list of steps of runJob(), the type NativeStep of lib/host/native.ts.
std::vector<JobStep> ToJobSteps(const Napi::Value& value);

}  // namespace brickwork
