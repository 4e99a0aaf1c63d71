// A hundred thousand users may be under way: what one of them costs, counted at operator new.
#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdlib>
#include <new>

#include "load/json_scan.hpp"
#include "load/users.hpp"

namespace {
std::size_t bytes_in_use = 0, allocations = 0;
}

void* operator new(std::size_t size) {
  void* memory = std::malloc(size);
  if (!memory) std::abort();
  bytes_in_use += malloc_usable_size(memory) + sizeof(std::size_t);  // and the heap's own word
  ++allocations;
  return memory;
}
void operator delete(void* memory) noexcept {
  if (memory) bytes_in_use -= malloc_usable_size(memory) + sizeof(std::size_t);
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept { operator delete(memory); }

namespace gunflint {
namespace {

const std::string token(43, 't'), session(64, 's'), id(36, 'i');

TEST(Session, OfTwoCookiesAndThreeValuesIsSmall) {
  Users users;
  users.add();
  const auto before = bytes_in_use;
  auto& user = users[0];
  user.session = std::make_unique<Session>();
  user.session->values.resize(3);
  user.session->values[0] = id;
  user.session->values[1] = "10037";
  user.session->values[2] = session;
  auto& jar = user.session->cookies;
  jar.take("session=" + session + "; Path=/; HttpOnly; Secure", "shop.staging.example", "/", 1);
  jar.take("csrf=" + token + "; Path=/; Max-Age=3600", "shop.staging.example", "/", 1);
  std::string head;
  jar.append_to(head, "shop.staging.example", "/", 2, true);
  ASSERT_EQ(head, "Cookie: session=" + session + "; csrf=" + token + "\r\n");
  head = {};
  const auto all = bytes_in_use - before + sizeof(User);
  RecordProperty("bytes", static_cast<int>(all));
  EXPECT_GT(all, 300u) << "nothing is counted any more";
  EXPECT_LT(all, 1024u);
}

TEST(Session, AValueIsTakenWithoutAskingForMemory) {
  const auto path = *JsonPath::compile("$.items[-1].id");
  const std::string body =
      R"({"items":[{"id":"a","\u0069d":"b"},{"name":"x\ny","id":"\u00e9)" + id + R"("}],"n":1e5})";
  std::string out;
  out.reserve(100);
  const auto before = allocations;
  EXPECT_EQ(find_json(body, path, out), JsonFound::Value);
  EXPECT_EQ(allocations, before);
  EXPECT_EQ(out, "é" + id);
}

}  // namespace
}  // namespace gunflint
