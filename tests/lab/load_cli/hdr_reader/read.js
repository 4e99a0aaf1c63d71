// node read.js LOG: per tag ("" without one) the count, p50, p99 and max of a histogram log, in
// nanoseconds, as hdr-histogram-js reads it. One line of JSON per tag.
const fs = require("fs");
const hdr = require(process.env.HDR_READER || "hdr-histogram-js");

const reader = new hdr.HistogramLogReader(fs.readFileSync(process.argv[2], "utf8"));
const sums = new Map();
for (let next = reader.nextIntervalHistogram(); next != null; next = reader.nextIntervalHistogram()) {
  const tag = next.tag || "";
  if (!sums.has(tag)) sums.set(tag, { tag, intervals: 0, first: next.startTimeStampMsec, histogram: hdr.build({
    lowestDiscernibleValue: 1, highestTrackableValue: 2 ** 42 - 1, numberOfSignificantValueDigits: 2 }) });
  const sum = sums.get(tag);
  sum.intervals += 1;
  sum.histogram.add(next);
}
for (const { tag, intervals, first, histogram } of sums.values())
  console.log(JSON.stringify({ tag, intervals, first, count: histogram.totalCount, p50: histogram.getValueAtPercentile(50),
    p99: histogram.getValueAtPercentile(99), max: histogram.maxValue }));
