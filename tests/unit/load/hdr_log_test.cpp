#include "load/hdr_log.hpp"

#include <gtest/gtest.h>

#include <fmt/format.h>

namespace gunflint {
namespace {

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

/// Cookie V2, payload length, offset 0, 2 digits, lowest 1, highest 2^42 - 1, ratio 1.0.
std::string header(const std::string& length) {
  return "1c849313" + length + "00000000" + "00000002" + "0000000000000001" + "000003ffffffffff" +
         "3ff0000000000000";
}

TEST(HdrPayload, CountsAreZigZagAndZerosAreRuns) {
  Histogram h;
  h.record(3ns);
  // Three zeros: zig-zag of -3 is 5. One: zig-zag of 1 is 2.
  EXPECT_EQ(hex(hdr_payload(h)), header("00000002") + "0502");
  // One zero alone is a count of 0; 300 is 600 in LEB128.
  h.record(5ns, 300);
  EXPECT_EQ(hex(hdr_payload(h)), header("00000005") + "0502" + "00" + "d804");
}

TEST(HdrPayload, BucketsAreThoseOfTwoSignificantDigits) {
  Histogram h;
  h.record(256ns);  // index 256: the first of the second half's doubled buckets
  EXPECT_EQ(hex(hdr_payload(h)), header("00000003") + "ff03" + "02");  // -256 -> 511
  Histogram odd;
  odd.record(257ns);
  EXPECT_EQ(hdr_payload(odd), hdr_payload(h));
  Histogram empty;
  EXPECT_EQ(hex(hdr_payload(empty)), header("00000000"));
}

TEST(HdrPayload, ALargeCountTakesNineBytesAtMost) {
  Histogram h;
  h.record(0ns, std::uint64_t{1} << 62);
  // 2^63 as zig-zag of 2^62: eight bytes of seven zeros, then the last eight bits whole.
  EXPECT_EQ(hex(hdr_payload(h)), header("00000009") + "8080808080808080" + "80");
}

TEST(HdrText, IsTheCompressedCookieInBase64) {
  Histogram h;
  h.record(1ms);
  EXPECT_EQ(hdr_text(h).substr(0, 5), "HISTF");  // 1c 84 93 14
}

Slice one_second(int second, bool warm_up = false) {
  Slice s;
  s.load = "load";
  s.second = second;
  s.warm_up = warm_up;
  for (const char* name : {"GET /a,b", "pay"}) {
    StepSlice step;
    step.journey = "buy";
    step.step = name;
    step.latency.record(2ms, 3);
    s.steps.push_back(step);
  }
  return s;
}

LoadSpec spec_of(std::vector<std::string> journeys, std::string name = "load") {
  LoadSpec load;
  load.name = std::move(name);
  for (auto& journey : journeys) load.journeys.push_back({std::move(journey), 1, {}, {}});
  return load;
}

TEST(HdrLog, ASecondIsTheWholeAndThenItsSteps) {
  HdrLog log({spec_of({"buy"})});
  const std::string head = log.head(WallTime(std::chrono::milliseconds(1796058113719)));
  EXPECT_NE(head.find("#[Histogram log format version 1.3]\n"), std::string::npos);
  EXPECT_NE(head.find("#[BaseTime: 1796058113.719 (seconds since epoch)]\n"), std::string::npos);
  EXPECT_EQ(log.add(one_second(4)), "");
  Histogram whole, step;
  whole.record(2ms, 6);
  step.record(2ms, 3);
  EXPECT_EQ(log.add(one_second(5)), "4.000,1.000,2.000," + hdr_text(whole) + "\n" +
                                        "Tag=GET_/a_b,4.000,1.000,2.000," + hdr_text(step) + "\n" +
                                        "Tag=pay,4.000,1.000,2.000," + hdr_text(step) + "\n");
  EXPECT_EQ(log.end().substr(0, 12), "5.000,1.000,");
  EXPECT_EQ(log.end(), "");
}

TEST(HdrLog, WarmUpAndSilenceAreLeftOut) {
  HdrLog log({spec_of({"buy"})});
  EXPECT_EQ(log.add(one_second(0, true)), "");
  Slice silent;
  silent.second = 1;
  silent.steps = {StepSlice{"buy", "pay"}};
  EXPECT_EQ(log.add(silent), "");
  EXPECT_EQ(log.end(), "");
}

TEST(HdrLog, TagsNameTheJourneyAndTheLoadWhereThereAreSeveral) {
  HdrLog journeys({spec_of({"buy", "look"})});
  journeys.add(one_second(0));
  EXPECT_NE(journeys.end().find("\nTag=buy/pay,"), std::string::npos);
  HdrLog loads({spec_of({"buy"}), spec_of({"buy"}, "robots")});
  loads.add(one_second(0));
  EXPECT_NE(loads.end().find("\nTag=load/buy/pay,"), std::string::npos);
}

}  // namespace
}  // namespace gunflint
