#include "load/request_text.hpp"

#include <gtest/gtest.h>

#include <map>

#include "load/program.hpp"
#include "load/redirect.hpp"

namespace gunflint {
namespace {

class NoValues final : public Values {
 public:
  std::string_view at(const Slot&) const override { return {}; }
};

/// A request with these headers, and a second server that redirects may lead to.
LoadProgram program_with(std::map<std::string, std::string> headers) {
  LoadSpec spec;
  spec.name = "load";
  spec.base_url = "http://10.0.0.1:8080";
  spec.http.redirects = 3;
  Journey journey;
  journey.name = "look";
  journey.weight = 1;
  Request first, second;
  first.method = second.method = "GET";
  first.url = "/one";
  first.headers = std::move(headers);
  second.url = "http://10.0.0.2/two";
  journey.steps = {first, second};
  spec.journeys = {journey};
  Stage stage;
  stage.rate = Rate{1};
  stage.length = 1s;
  spec.stages = {stage};
  auto made = compile_load(spec);
  if (!made) throw std::runtime_error(made.error().message);
  return std::move(*made);
}

const RequestPlan& first_of(const LoadProgram& program) {
  return std::get<RequestPlan>(program.journeys[0].steps[0]);
}

std::string field(const Http2Fields& fields, std::string_view name) {
  for (const auto& f : fields)
    if (f.name == name) return std::string(f.value);
  return "(none)";
}

TEST(RequestText, HostIsTheAuthorityOfHttp2) {
  const auto program = program_with({{"Host", "shop.example"}, {"X-Shop", "plain"}});
  RequestWriter writer;
  const NoValues values;
  const RequestOf request{first_of(program), program.origins[0], values};
  const auto two = writer.http2(request);
  EXPECT_EQ(field(*two.fields, ":authority"), "shop.example");
  EXPECT_EQ(field(*two.fields, "host"), "(none)");
  EXPECT_EQ(field(*two.fields, "x-shop"), "plain");
  EXPECT_NE(writer.http1(request).find("\r\nHost: shop.example\r\n"), std::string_view::npos);
}

TEST(RequestText, WithoutAHostHeaderTheServerIsTheAuthority) {
  const auto program = program_with({});
  RequestWriter writer;
  const NoValues values;
  const auto two = writer.http2({first_of(program), program.origins[0], values});
  EXPECT_EQ(field(*two.fields, ":authority"), "10.0.0.1:8080");
}

TEST(RequestText, WhatIsForOneServerDoesNotGoAlongToAnother) {
  const auto program = program_with({{"Authorization", "Bearer secret"},
                                     {"Cookie", "sid=secret"},
                                     {"Host", "shop.example"},
                                     {"X-Shop", "plain"}});
  const auto& plan = first_of(program);
  RequestWriter writer;
  const NoValues values;
  for (const int origin : {program.find_origin("10.0.0.2", 80, false), plan.origin}) {
    ASSERT_GE(origin, 0);
    Redirect redirect;
    redirect.origin = origin;
    redirect.method = "GET";
    redirect.target = "/there";
    const bool elsewhere = origin != plan.origin;
    const RequestOf request{plan, program.origins[static_cast<std::size_t>(origin)], values,
                            nullptr, &redirect};
    const std::string one(writer.http1(request));
    EXPECT_EQ(one.find("secret") == one.npos, elsewhere) << one;
    EXPECT_NE(one.find(elsewhere ? "Host: 10.0.0.2\r\n" : "Host: shop.example\r\n"), one.npos)
        << one;
    EXPECT_NE(one.find("X-Shop: plain\r\n"), one.npos) << one;
    const auto two = writer.http2(request);
    EXPECT_EQ(field(*two.fields, "authorization"), elsewhere ? "(none)" : "Bearer secret");
    EXPECT_EQ(field(*two.fields, "cookie"), elsewhere ? "(none)" : "sid=secret");
    EXPECT_EQ(field(*two.fields, ":authority"), elsewhere ? "10.0.0.2" : "shop.example");
    EXPECT_EQ(field(*two.fields, ":path"), "/there");
  }
}

}  // namespace
}  // namespace gunflint
