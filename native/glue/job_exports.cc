#include "core/conductor.h"
#include "glue/arguments.h"
#include "glue/exports.h"
#include "glue/job_arguments.h"
#include "glue/promise_job.h"
#include "glue/values.h"

namespace brickwork {
namespace {

Napi::Value FromAnswer(Napi::Env env, StepAnswer& answer) {
  if (auto* const is = std::get_if<bool>(&answer)) return FromBool(env, *is);
  if (auto* const number = std::get_if<int>(&answer)) return FromInt(env, *number);
  if (auto* const bytes = std::get_if<Bytes>(&answer)) return FromBytes(env, *bytes);
  if (auto* const outcome = std::get_if<WriteOutcome>(&answer)) return FromWriteOutcome(env, *outcome);
  return env.Undefined();
}

Napi::Value FromReport(Napi::Env env, JobReport& report) {
  auto answers = Napi::Array::New(env, report.answers.size());
  for (size_t i = 0; i < report.answers.size(); ++i) answers.Set(static_cast<uint32_t>(i), FromAnswer(env, report.answers[i]));
  auto object = Napi::Object::New(env);
  object.Set("answers", answers);
  if (!report.stoppedAt) return object;
  object.Set("stoppedAt", Napi::Number::New(env, static_cast<double>(*report.stoppedAt)));
  object.Set("begun", Napi::Boolean::New(env, report.begun));
  if (report.error) object.Set("error", ToJsError(env, *report.error).Value());
  return object;
}

}  // namespace

Napi::Value RunJobExport(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Environment& environment = Environment::Of(env);
  auto run = std::make_shared<JobRun>(environment.sys(), ToJobSteps(info[0]));
  const auto pending = environment.Expect(env);
  auto job = std::make_unique<PromiseJob<JobReport>>(pending, [run] { return run->report(); }, FromReport);
  pending->AnswerAbandoned([run](Napi::Env abandoning) {
    JobReport report = run->report();
    return FromReport(abandoning, report);
  });
  return Promised(env, pending, environment.conductor().Submit(pending->ticket(), run, std::move(job)));
}

}  // namespace brickwork
