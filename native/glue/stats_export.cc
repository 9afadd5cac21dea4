#include "glue/environment.h"
#include "glue/exports.h"

namespace brickwork {
namespace {

struct Named {
  const char* name;
  LaneStats stats;
};

Napi::Object FromLane(Napi::Env env, const LaneStats& lane) {
  auto object = Napi::Object::New(env);
  object.Set("limit", Napi::Number::New(env, static_cast<double>(lane.limit)));
  object.Set("busy", Napi::Number::New(env, static_cast<double>(lane.busy)));
  object.Set("parked", Napi::Number::New(env, static_cast<double>(lane.parked)));
  object.Set("queued", Napi::Number::New(env, static_cast<double>(lane.queued)));
  object.Set("waited", Napi::Number::New(env, static_cast<double>(lane.waited)));
  return object;
}

LaneStats ToLane(const PollerStats& polled) { return {polled.limit, polled.open, 0, polled.queued, polled.waited}; }

}  // namespace

Napi::Value StatsExport(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Environment& environment = Environment::Of(env);
  const PoolStats pool = environment.pool().stats();
  const PollerStats sockets = environment.sockets().stats();
  const PollerStats devices = environment.devices().stats();
  const Named named[] = {{"read", pool.lanes[0]},  {"file", pool.lanes[1]},   {"search", pool.lanes[2]},  {"write", pool.lanes[3]},
                         {"mapper", pool.lanes[4]}, {"socket", ToLane(sockets)}, {"device", ToLane(devices)}};
  auto lanes = Napi::Object::New(env);
  size_t busy = 0;
  size_t queued = 0;
  for (const auto& [name, stats] : named) {
    lanes.Set(name, FromLane(env, stats));
    busy += stats.busy;
    queued += stats.queued;
  }
  auto object = Napi::Object::New(env);
  object.Set("threads", Napi::Number::New(env, static_cast<double>(pool.threads + sockets.threads + devices.threads)));
  object.Set("busy", Napi::Number::New(env, static_cast<double>(busy)));
  object.Set("queued", Napi::Number::New(env, static_cast<double>(queued)));
  object.Set("lanes", lanes);
  return object;
}

// Does nothing for a promise that this addon did not create, or that is settled.
Napi::Value AbandonExport(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsObject()) return env.Undefined();
  const Napi::Value ticket = info[0].As<Napi::Object>().Get("ticket");
  if (ticket.IsNumber()) Environment::Of(env).Abandon(env, static_cast<uint64_t>(ticket.As<Napi::Number>().Int64Value()));
  return env.Undefined();
}

}  // namespace brickwork
