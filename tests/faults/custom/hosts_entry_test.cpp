#include <gtest/gtest.h>

#include "faults/fault_case.hpp"

namespace {
gunflint::FaultTrial on_a_hosts_file(gunflint::FakeHost& fake, const char* content) {
  fake.world.files["/etc/hosts"] = {content, 0644, 0, 0};
  return {fake.add_process({.name = "web"}), gunflint::json(R"({"host": "payments.internal"})")};
}
}  // namespace

GUNFLINT_FAULT_CASE(hosts_entry, ordinary) {
  return on_a_hosts_file(fake, "127.0.0.1 localhost\n");
}
GUNFLINT_FAULT_CASE(hosts_entry, no_line_break_at_the_end) {
  return on_a_hosts_file(fake, "127.0.0.1 localhost");
}
GUNFLINT_FAULT_CASE(hosts_entry, empty_file) { return on_a_hosts_file(fake, ""); }

namespace gunflint {
namespace {

TEST(HostsEntry, LeavesLinesThatOthersAddedMeanwhile) {
  FakeHost fake;
  Injection injection(fake, "hosts_entry", on_a_hosts_file(fake, "127.0.0.1 localhost\n"));
  ASSERT_TRUE(injection.observe());
  ASSERT_TRUE(injection.inject());
  auto& content = fake.world.files["/etc/hosts"].content;
  EXPECT_NE(content.find("192.0.2.1 payments.internal # gf-"), std::string::npos);
  content += "10.0.0.9 added-meanwhile\n";
  ASSERT_TRUE(injection.restore());
  EXPECT_EQ(content, "127.0.0.1 localhost\n10.0.0.9 added-meanwhile\n");
}

}  // namespace
}  // namespace gunflint
