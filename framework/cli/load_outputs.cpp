#include "cli/load_outputs.hpp"

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "cli/load_stages.hpp"
#include "cli/writable.hpp"
#include "load/load_csv.hpp"

namespace gunflint {

void LoadOutputs::OutFile::put(const std::string& text) {
  if (!file || text.empty() || !problem.empty()) return;
  if (std::fwrite(text.data(), 1, text.size(), file.get()) != text.size() ||
      std::fflush(file.get()) != 0)
    problem = fail_errno(errno, "write " + path).value().message;
}

Result<void> LoadOutputs::make(OutFile& out) {
  if (out.path.empty()) return {};
  out.file.reset(std::fopen(out.path.c_str(), "we"));
  if (out.file) return {};
  return fail(Cause::BadInput,
              fail_errno(errno, "write " + out.path).value().message + "; name another file");
}

Result<std::unique_ptr<LoadOutputs>> LoadOutputs::open(const LoadOptions& options,
                                                       const LoadOrder& order) {
  std::unique_ptr<LoadOutputs> outputs(new LoadOutputs(order));
  GF_TRY(can_write_file("--csv", options.csv));
  GF_TRY(can_write_file("--hdr", options.hdr));
  if (!options.metrics.empty()) {
    GF_TRY_AS(MetricsServer server, MetricsServer::start(options.metrics));
    outputs->metrics_.emplace(std::move(server));
  }
  outputs->csv_.path = options.csv;
  outputs->hdr_.path = options.hdr;
  return outputs;
}

Result<void> LoadOutputs::begin(WallTime start) {
  GF_TRY(make(csv_));
  GF_TRY(make(hdr_));
  csv_.put(load_csv_head());
  hdr_.put(hdr_log_.head(start));
  if (!metrics_) return {};
  RunStarted started;
  started.run = "load";
  started.name = redact(order_.title, order_.secrets);
  started.seed = order_.seed;
  tell(0, std::move(started));
  tell(0, LoadStarted{});
  stage_.resize(order_.loads.size());
  stages_at(0);
  return {};
}

void LoadOutputs::tell(int second, Happening what) {
  Event event;
  event.at = std::chrono::seconds(second);
  event.what = std::move(what);
  metrics_->on(event);
}

void LoadOutputs::stages_at(int second) {
  for (std::size_t i = 0; i < order_.loads.size(); ++i) {
    const Stage* stage = stage_at(order_.loads[i], std::chrono::seconds(second));
    if (!stage || stage->name == stage_[i]) continue;
    stage_[i] = stage->name;
    tell(second, StageStarted{order_.loads[i].name, stage->name});
  }
}

void LoadOutputs::on(const Slice& slice) {
  if (csv_.file) csv_.put(load_csv_rows(slice));
  if (hdr_.file) hdr_.put(hdr_log_.add(slice));
  if (!metrics_) return;
  if (slice.second > second_) {
    tell(second_, SecondClosed{second_});
    second_ = slice.second;
    stages_at(second_);
  }
  tell(slice.second, SliceTaken{slice});
  // With one load, its slice is the whole second.
  if (order_.loads.size() > 1) return;
  tell(slice.second, SecondClosed{slice.second});
  second_ = slice.second + 1;
  stages_at(second_);
}

Result<void> LoadOutputs::end(int exit_code) {
  hdr_.put(hdr_log_.end());
  if (metrics_) {
    tell(second_, SecondClosed{second_});
    tell(second_, RunEnded{exit_code});
  }
  for (const OutFile* out : {&csv_, &hdr_})
    if (!out->problem.empty())
      return fail(Cause::Io, fmt::format("{}; the file ends before the load did", out->problem));
  return {};
}

}  // namespace gunflint
