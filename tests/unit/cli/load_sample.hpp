#pragma once
/// A load whose every number is known: made by hand, second by second.

#include "cli/load_text.hpp"

namespace gunflint::load_sample {

inline Slice second(int n, std::string load = "shoppers") {
  Slice s;
  s.load = std::move(load);
  s.second = n;
  s.asked = 100;
  s.sent = 190;
  s.in_flight = 12;
  s.backlog = 3;
  s.opened = n == 0 ? 14 : 0;
  s.reconnects = n == 0 ? 0 : 1;
  s.connections = 14;
  s.bytes_in = 1'250'000;
  s.bytes_out = 43'000;
  s.cpu = 0.34;
  s.late.record(80us, 190);
  s.lag.record(30us, 190);
  if (n == 0) s.spoken = {{"HTTP/1.1 over TLS 1.3", 14}};
  if (n == 0) s.connect.record(250us, 14);
  s.queued.record(5ms, 20);
  const auto step = [&](const char* name, Duration usual, int ended, int failed) {
    StepSlice one;
    one.journey = "buy";
    one.step = name;
    one.ended = static_cast<std::uint64_t>(ended);
    one.failed = static_cast<std::uint64_t>(failed);
    one.attempts = one.ended + one.failed;
    one.latency.record(usual, one.ended * 9 / 10);
    one.latency.record(usual * 12, one.ended - one.ended * 9 / 10);
    one.service.record(usual, one.ended);
    one.statuses = {{"200", one.ended - one.failed}};
    if (failed > 0) {
      one.statuses["503"] = 1;
      one.errors = {{"timeout", one.failed - 1}, {"http_5xx", 1}};
      one.examples = {{"timeout", "POST /pay: no complete answer within 2s"},
                      {"http_5xx", "POST /pay: status 503 (1.2 kB)"}};
    }
    s.steps.push_back(one);
  };
  step("browse", 1200us, 98, 0);
  step("pay", 8ms, 90, 4);
  JourneySlice buy;
  buy.journey = "buy";
  buy.due = 100;
  buy.dropped = 2;
  buy.ended = 92;
  buy.completed = 86;
  buy.duration.record(9500us, 92);
  s.journeys = {buy};
  return s;
}

inline Journey journey(std::string name, std::vector<std::string> steps) {
  Journey j;
  j.name = std::move(name);
  for (auto& step : steps) {
    Request request;
    request.name = std::move(step);
    j.steps.push_back(std::move(request));
  }
  return j;
}

/// 100/s for 10 s, of which two were warm-up; arrivals as independent users.
inline LoadOrder order() {
  LoadOrder order;
  LoadSpec load;
  load.name = "shoppers";
  load.base_url = "http://shop:8080";
  load.arrivals = ArrivalKind::Poisson;
  load.warm_up = 2s;
  Stage stage;
  stage.name = "normal";
  stage.rate = Rate{100};
  stage.length = 10s;
  load.stages = {stage};
  load.journeys = {journey("buy", {"browse", "pay"})};
  order.loads = {load};
  order.title = "checkout.yaml";
  return order;
}

inline LoadResult result(const std::vector<Slice>& slices, double length) {
  LoadResult result;
  result.each.resize(1);
  for (const auto& slice : slices) {
    result.each[0].add(slice);
    result.all.add(slice);
  }
  result.lengths = {length};
  result.length = length;
  return result;
}

inline std::vector<Slice> ten_seconds() {
  std::vector<Slice> slices;
  for (int n = 0; n < 10; ++n) {
    slices.push_back(second(n));
    slices.back().warm_up = n < 2;
  }
  return slices;
}

}  // namespace gunflint::load_sample
