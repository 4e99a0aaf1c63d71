#pragma once
/// What `gunflint load` writes while it runs: the table, the histogram log, the metrics page.

#include <cstdio>
#include <memory>
#include <optional>

#include "cli/load_order.hpp"
#include "gunflint/model/event.hpp"
#include "load/hdr_log.hpp"
#include "report/metrics.hpp"

namespace gunflint {

class LoadOutputs {
 public:
  /// Begins to listen, and looks whether the files can be written: an old one is not emptied for a
  /// load that then cannot begin. BadInput when not; Conflict when the port is taken.
  static Result<std::unique_ptr<LoadOutputs>> open(const LoadOptions& options,
                                                   const LoadOrder& order);
  /// t = 0: makes the files.
  Result<void> begin(WallTime start);
  /// In the order of seconds. Files are complete up to the second before, whenever one looks.
  void on(const Slice& slice);
  /// Writes what is left. Io names the file that could not be written, and what is in it.
  Result<void> end(int exit_code);
  /// "http://127.0.0.1:9464/metrics", or empty.
  std::string metrics_url() const { return metrics_ ? metrics_->url() : ""; }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  struct OutFile {
    std::string path;
    std::unique_ptr<std::FILE, Close> file;
    std::string problem;
    void put(const std::string& text);
  };
  explicit LoadOutputs(const LoadOrder& order) : order_(order), hdr_log_(order.loads) {}
  static Result<void> make(OutFile& out);
  void tell(int second, Happening what);
  void stages_at(int second);

  const LoadOrder& order_;
  OutFile csv_, hdr_;
  HdrLog hdr_log_;
  std::optional<MetricsServer> metrics_;
  std::vector<std::string> stage_;  ///< as the loads: the one told last
  int second_ = 0;
};

}  // namespace gunflint
