#include "host/frame.hpp"

#include <gtest/gtest.h>

namespace gunflint {
namespace {

TEST(Frame, ArrivesWholeHoweverItIsCut) {
  Inject inject;
  inject.injection = "i1";
  inject.fault = "cpu";
  inject.tag = "gf-0123456789";
  inject.lasting = 90s;
  const std::string bytes = to_frame(pack<AgentRequest>(7, inject));
  FrameReader reader;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto early = reader.next();
    ASSERT_TRUE(early);
    EXPECT_FALSE(*early);
    reader.feed(std::string_view(bytes).substr(i, 1));
  }
  auto whole = reader.next();
  ASSERT_TRUE(whole && *whole);
  auto back = unpack<AgentRequest>(**whole);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->id, 7u);
  EXPECT_EQ(std::get<Inject>(back->say).lasting, 90s);
  EXPECT_TRUE(reader.empty());
}

TEST(Frame, TooLongAFrameIsAnErrorBeforeItIsRead) {
  FrameReader reader;
  reader.feed(std::string_view("\x7f\xff\xff\xff", 4));
  auto answer = reader.next();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().cause, Cause::BadInput);
}

TEST(Frame, AMessageOfAnUnknownKindIsRefused) {
  auto document = parse_json(R"({"id":1,"say":{"kind":"explode"}})");
  ASSERT_TRUE(document);
  EXPECT_FALSE(unpack<AgentRequest>(*document));
}

}  // namespace
}  // namespace gunflint
