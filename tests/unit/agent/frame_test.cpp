#include "host/frame.hpp"

#include <thread>

#include <gtest/gtest.h>

#include "host/fd.hpp"

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

TEST(Frame, OneThatDoesNotAnswerTakesNobodyElsesAnswerAway) {
  auto hangs = make_socket_pair(), talks = make_socket_pair(), dies = make_socket_pair();
  ASSERT_TRUE(hangs && talks && dies);
  dies->second.close();
  // More than a socket holds: who is not read meanwhile cannot get rid of it.
  const Value report(std::string(1u << 20, 'x'));
  Result<void> said;
  std::thread user([&] { said = write_frame(talks->second.get(), report, 300ms); });
  const auto answers =
      read_frames({hangs->first.get(), talks->first.get(), dies->first.get()}, 700ms);
  user.join();
  EXPECT_TRUE(said) << said.error().message;
  ASSERT_EQ(answers.size(), 3u);
  ASSERT_FALSE(answers[0]);
  EXPECT_EQ(answers[0].error().cause, Cause::TimedOut);
  ASSERT_TRUE(answers[1]) << answers[1].error().message;
  EXPECT_TRUE(*answers[1] == report);
  ASSERT_FALSE(answers[2]);
  EXPECT_EQ(answers[2].error().cause, Cause::Unreachable);
}

TEST(Frame, NobodyIsWaitedForByNobody) { EXPECT_TRUE(read_frames({}, 1h).empty()); }

}  // namespace
}  // namespace gunflint
