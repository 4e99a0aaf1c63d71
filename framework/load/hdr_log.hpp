#pragma once
/// A load as an HdrHistogram log: one interval per second for the whole, and one per step, tagged
/// with its name. Public tools read it (HistogramLogProcessor, HistogramLogAnalyzer,
/// hdr-histogram-js, hdrhistogram-go …).
///
/// Format: HdrHistogram's log version 1.3, each interval a V2 histogram
/// (github.com/HdrHistogram/HdrHistogram: HistogramLogWriter, AbstractHistogram
/// .encodeIntoByteBuffer, ZigZagEncoding; read there, written anew here). Values are nanoseconds of
/// latency from the due time. Our Histogram has the layout of an HdrHistogram with 2 significant
/// digits from 1 ns, so that its counts go over as they are: nothing is rounded twice.

#include <string>
#include <vector>

#include "gunflint/base/units.hpp"
#include "gunflint/model/load_spec.hpp"
#include "gunflint/model/slice.hpp"

namespace gunflint {

/// The V2 encoding, uncompressed: header and zig-zag LEB128 counts, runs of zeros as one negative
/// number.
std::string hdr_payload(const Histogram& histogram);
/// The V2 encoding, compressed, as base64: the last column of a log.
std::string hdr_text(const Histogram& histogram);

class HdrLog {
 public:
  /// A tag is the step's name; with several journeys "journey/step"; with several loads
  /// "load/journey/step". A tag holds no comma and no space: they become `_`.
  explicit HdrLog(const std::vector<LoadSpec>& loads);
  /// The head of the file. `start`: t = 0.
  std::string head(WallTime start) const;
  /// The lines of one slice; the whole's line needs the slices of every load of that second, so it
  /// comes with the first slice of a later one, or with end(). Seconds of warm-up are left out.
  std::string add(const Slice& slice);
  std::string end();

 private:
  std::string tag(const Slice& slice, const StepSlice& step) const;

  bool several_journeys_ = false, several_loads_ = false;
  int second_ = -1;
  Histogram whole_;  ///< of second_
  std::string tagged_;
};

}  // namespace gunflint
