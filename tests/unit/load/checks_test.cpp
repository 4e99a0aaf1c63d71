#include "load/checks.hpp"

#include <gtest/gtest.h>

namespace gunflint {
namespace {

struct Told {
  std::optional<ErrorClass> failure;
  std::string why;
};
Told told(const Check& check, int status, std::string_view head = {}, std::string_view body = {},
          Duration latency = 1ms) {
  const auto checks = *Checks::compile(check);
  Told all;
  all.failure = checks.verify(status, head, body, latency, &all.why);
  EXPECT_EQ(checks.verify(status, head, body, latency), all.failure);
  EXPECT_EQ(all.why.empty(), !all.failure);
  return all;
}

TEST(Checks, AStatusIsJudgedByTheCheckOrByTheRule) {
  EXPECT_EQ(told({}, 200).failure, std::nullopt);
  EXPECT_EQ(told({}, 399).failure, std::nullopt);
  EXPECT_EQ(told({}, 404).failure, ErrorClass::Http4xx);
  EXPECT_EQ(told({}, 503).failure, ErrorClass::Http5xx);
  EXPECT_EQ(told({}, 503).why, "status 503");
  const Check check{.status = {{201, 201}, {400, 499}}};
  EXPECT_EQ(told(check, 404).failure, std::nullopt);
  EXPECT_EQ(told(check, 200).failure, ErrorClass::Check);
  EXPECT_EQ(told(check, 200).why, "status 200");
  EXPECT_EQ(told(check, 500).failure, ErrorClass::Http5xx);
}

TEST(Checks, SayWhatIsWrongWithTheBody) {
  const Check check{.body_contains = {"order"}, .body_matches = {"id=\\d+"}};
  EXPECT_EQ(told(check, 200, "", "order id=7").failure, std::nullopt);
  EXPECT_EQ(told(check, 200, "", "id=7").failure, ErrorClass::Check);
  EXPECT_EQ(told(check, 200, "", "id=7").why, "the body does not contain `order`");
  EXPECT_EQ(told(check, 200, "", "order").why, "nothing in the body matches `id=\\d+`");
}

TEST(Checks, SayWhatIsWrongWithAHeader) {
  const Check check{.header_contains = {{"content-type", "json"}}};
  EXPECT_EQ(told(check, 200, "Content-Type: application/json\n").failure, std::nullopt);
  EXPECT_EQ(told(check, 200, "X: y\n").why, "the header `content-type` is missing");
  EXPECT_EQ(told(check, 200, "Content-Type: text/html\n").why,
            "the header `content-type` is `text/html` and does not contain `json`");
}

TEST(Checks, SayHowLongItTook) {
  const Check check{.latency = 400ms};
  EXPECT_EQ(told(check, 200, "", "", 400ms).failure, std::nullopt);
  EXPECT_EQ(told(check, 200, "", "", 512ms).failure, ErrorClass::Check);
  EXPECT_EQ(told(check, 200, "", "", 512ms).why, "took 512ms, more than 400ms");
  EXPECT_EQ(told(check, 200, "", "", 400ms + 1ns).why, "took 400ms1ns, more than 400ms");
}

TEST(Checks, WhatIsToldIsOneShortLine) {
  const auto why = told({.body_contains = {"a\nb" + std::string(100, 'x')}}, 200).why;
  EXPECT_EQ(why, "the body does not contain `a b" + std::string(57, 'x') + "…`");
  const auto wide = told({.body_contains = {std::string(59, 'x') + "é" + "y"}}, 200).why;
  EXPECT_EQ(wide, "the body does not contain `" + std::string(59, 'x') + "…`");
}

}  // namespace
}  // namespace gunflint
