#include "gunflint/base/fields.hpp"

#include <gtest/gtest.h>

namespace gunflint {
namespace {

enum class Colour { Red, Green };

struct Inner {
  Rate rate{5};
  static Fields<Inner> fields() { return {field("rate", &Inner::rate, "Per second.").required()}; }
};

struct Thing {
  std::string name;
  std::optional<int> cores;
  Share share{0.5};
  std::vector<Inner> parts;
  std::map<std::string, std::uint64_t> counts;
  static Fields<Thing> fields() {
    return {field("name", &Thing::name, "Its name.").required(),
            field("cores", &Thing::cores, "How many.").between(1, 64),
            field("share", &Thing::share, "How much.").at_most(100_pct),
            field("parts", &Thing::parts, "Parts."), field("counts", &Thing::counts, "Counts.")};
  }
};

Value text(std::string t) {
  Value v(std::move(t));
  v.plain = true;
  return v;
}

TEST(Fields, WriteAndReadBack) {
  Thing thing{"x", 3, Share{0.25}, {{Rate{7}}}, {{"a", 1}}};
  const Value written = encode(thing);
  EXPECT_EQ(to_json(written),
            R"({"name":"x","cores":3,"share":"25%","parts":[{"rate":"7/s"}],"counts":{"a":1}})");
  const auto back = decode<Thing>(written);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(encode(*back), written);
}

TEST(Fields, DefaultsAreNotWritten) {
  EXPECT_EQ(to_json(encode(Thing{"x", {}, Share{0.5}, {}, {}})), R"({"name":"x"})");
}

TEST(Fields, ReportEveryMistakeAtOnce) {
  Value v = Value::map();
  v.set("cores", text("65"));
  v.set("shear", text("10%"));
  v.set("parts", Value(Value::List{Value::map()}));
  Thing thing;
  Reader reader;
  EXPECT_FALSE(decode(v, thing, reader));
  std::vector<std::string> said;
  for (const auto& p : reader.problems())
    said.push_back(p.code + " " + p.path + ": " + p.sentence + " | " + p.suggestion);
  EXPECT_EQ(said, (std::vector<std::string>{
                      "E102 shear: unknown key `shear` | did you mean `share`?",
                      "E103 : `name` is missing | add `name: …`",
                      "E104 cores: `cores` is `65`, outside its range | write a value from 1 to 64",
                      "E103 parts[0]: `rate` is missing | add `rate: 50/s`",
                  }));
}

TEST(Fields, ShapeTellsRangesAndDefaults) {
  const Shape shape = shape_of<Thing>();
  ASSERT_EQ(shape.members.size(), 5u);
  EXPECT_TRUE(shape.members[0].required);
  EXPECT_EQ(shape.members[1].shape.most, 64);
  EXPECT_EQ(shape.members[2].fallback, "50%");
}

TEST(Json, RoundTrip) {
  const std::string line = R"({"a":[1,2.5,-3,true,null,"x\n\"é"],"b":{"c":9223372036854775807}})";
  const auto value = parse_json(line);
  ASSERT_TRUE(value);
  EXPECT_EQ(to_json(*value), line);
  EXPECT_FALSE(parse_json("{"));
  EXPECT_FALSE(parse_json(std::string(100, '[')));
}

}  // namespace
}  // namespace gunflint
