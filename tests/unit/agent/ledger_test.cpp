#include "agent/ledger.hpp"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "agent/ledger_folder.hpp"
#include "base/crc32c.hpp"

namespace gunflint {
namespace {

LedgerHead head(const std::string& agent = "a1") {
  LedgerHead h;
  h.agent = agent;
  h.run = "run-1";
  h.version = "0.1.0";
  h.place = "host";
  return h;
}
UndoLine undo(const std::string& injection) {
  UndoLine line;
  line.undo.injection = injection;
  line.undo.fault = "noop";
  line.undo.tag = "gf-" + injection;
  return line;
}
std::string text_of_two() {
  return ledger_line_text(head()) + ledger_line_text(undo("i1")) + ledger_line_text(undo("i2"));
}

TEST(LedgerText, OpenRecordsAreThoseNotUndone) {
  UndoneLine undone;
  undone.injection = "i1";
  undone.verified = true;
  auto content = parse_ledger(text_of_two() + ledger_line_text(undone));
  ASSERT_TRUE(content);
  ASSERT_EQ(content->open.size(), 1u);
  EXPECT_EQ(content->open[0].injection, "i2");
  EXPECT_EQ(content->head.run, "run-1");
}

TEST(LedgerText, ATornTailIsAsIfItHadNotBeenBegun) {
  const std::string whole = text_of_two();
  const std::string first_two = ledger_line_text(head()) + ledger_line_text(undo("i1"));
  for (std::size_t cut = first_two.size(); cut < whole.size(); ++cut) {
    auto content = parse_ledger(whole.substr(0, cut));
    ASSERT_TRUE(content) << cut;
    EXPECT_EQ(content->open.size(), 1u) << cut;
    EXPECT_EQ(content->whole_bytes, first_two.size()) << cut;
  }
}

TEST(LedgerText, PreallocatedZerosEndIt) {
  auto content = parse_ledger(text_of_two() + std::string(1000, '\0'));
  ASSERT_TRUE(content);
  EXPECT_EQ(content->open.size(), 2u);
}

TEST(LedgerText, ATornLineWithZerosInItIsAsIfItHadNotBeenBegun) {
  std::string text = text_of_two();
  const std::size_t first_two = (ledger_line_text(head()) + ledger_line_text(undo("i1"))).size();
  text.replace(first_two + 20, 10, std::string(10, '\0'));
  auto content = parse_ledger(text + std::string(1000, '\0'));
  ASSERT_TRUE(content);
  EXPECT_EQ(content->open.size(), 1u);
  EXPECT_TRUE(content->unread.empty());
  EXPECT_EQ(content->whole_bytes, first_two);
}

TEST(LedgerText, ADamagedLineHidesNoneBehindIt) {
  const std::string whole = text_of_two();
  const std::size_t first = ledger_line_text(head()).size();
  const std::size_t second = first + ledger_line_text(undo("i1")).size();
  for (std::size_t at = first; at + 1 < second; ++at) {
    std::string text = whole;
    text[at] ^= 1;
    auto content = parse_ledger(text + std::string(1000, '\0'));
    ASSERT_TRUE(content) << at;
    ASSERT_EQ(content->open.size(), 1u) << at;
    EXPECT_EQ(content->open[0].injection, "i2") << at;
    ASSERT_FALSE(content->unread.empty()) << at;
    EXPECT_EQ(content->unread[0].line, 2) << at;
    EXPECT_FALSE(content->done()) << at;
    EXPECT_EQ(content->whole_bytes, whole.size()) << at;
  }
}

TEST(LedgerText, ADamagedFirstOrLastLineIsNotForgottenEither) {
  for (const std::size_t at : {std::size_t{30}, text_of_two().size() - 10}) {
    std::string text = text_of_two();
    text[at] ^= 1;
    auto content = parse_ledger(text + std::string(1000, '\0'));
    ASSERT_TRUE(content) << at;
    EXPECT_EQ(content->unread.size(), 1u) << at;
    EXPECT_EQ(content->open.size(), at == 30 ? 2u : 1u) << at;
  }
}

std::string with_sum(const std::string& document) {
  char sum[16];
  std::snprintf(sum, sizeof sum, "%08x ", crc32c(document));
  return sum + document + "\n";
}

TEST(LedgerText, LinesOfANewerVersionAreKeptAndHideNoneBehindThem) {
  std::string more = ledger_line_text(undo("i2")).substr(9);
  more.insert(more.find("\"injection\""), "\"colour\":\"blue\",");
  more.pop_back();
  for (const std::string& line : {with_sum(R"({"kind":"novel","thing":1})"), with_sum(more)}) {
    const std::string text = ledger_line_text(head()) + line + ledger_line_text(undo("i1"));
    auto content = parse_ledger(text);
    ASSERT_TRUE(content);
    ASSERT_EQ(content->open.size(), 1u);
    EXPECT_EQ(content->open[0].injection, "i1");
    ASSERT_EQ(content->unread.size(), 1u) << line;
    EXPECT_TRUE(content->unread[0].newer);
    EXPECT_NE(unread_text("x", *content).find("newer version"), std::string::npos);
  }
  UndoneLine undone;
  undone.injection = "i2";
  undone.verified = true;
  auto over = parse_ledger(ledger_line_text(head()) + with_sum(more) + ledger_line_text(undone));
  ASSERT_TRUE(over);
  EXPECT_TRUE(over->done());
}

TEST(LedgerText, AConflictStaysUntilItIsTold) {
  UndoneLine conflict;
  conflict.injection = "i1";
  conflict.why = "somebody else changed it";
  const std::string text =
      ledger_line_text(head()) + ledger_line_text(undo("i1")) + ledger_line_text(conflict);
  auto content = parse_ledger(text);
  ASSERT_TRUE(content);
  EXPECT_TRUE(content->open.empty());
  ASSERT_EQ(content->conflicts.size(), 1u);
  EXPECT_EQ(content->conflicts[0].why, "somebody else changed it");
  EXPECT_FALSE(content->done());
  auto told = parse_ledger(text + ledger_line_text(ToldLine{"i1", "recovery"}));
  ASSERT_TRUE(told);
  EXPECT_TRUE(told->done());
}

TEST(LedgerText, SomethingElseIsNoLedger) {
  EXPECT_FALSE(parse_ledger(""));
  EXPECT_FALSE(parse_ledger("hello\n"));
  EXPECT_FALSE(parse_ledger(std::string(100, '\0')));
}

class LedgerFile : public testing::Test {
 protected:
  std::string folder;
  void SetUp() override {
    char pattern[] = "/tmp/gunflint-ledger-XXXXXX";
    folder = ::mkdtemp(pattern);
    ::chmod(folder.c_str(), 0700);
  }
  void TearDown() override {
    if (auto paths = list_ledgers(folder))
      for (const auto& path : *paths) ::unlink(path.c_str());
    ::rmdir(folder.c_str());
  }
  std::string path() const { return folder + "/a1.ledger"; }
  /// Exit code of a child that does something.
  static int in_child(const std::function<int()>& what) {
    const int pid = ::fork();
    if (pid == 0) ::_exit(what());
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WEXITSTATUS(status);
  }
  static int take_over_cause(const std::string& path) {
    auto taken = Ledger::take_over(path);
    return taken ? 100 : static_cast<int>(taken.error().cause);
  }
};

TEST_F(LedgerFile, WhatWasAppendedIsFoundByWhoTakesItOver) {
  ASSERT_EQ(in_child([&] {
              auto ledger = Ledger::create(folder, head());
              return ledger && ledger->append(undo("i1")) && ledger->append(undo("i2")) ? 0 : 1;
            }),
            0);
  auto taken = Ledger::take_over(path());
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_EQ(taken->content().open.size(), 2u);
  UndoneLine undone;
  undone.injection = "i2";
  ASSERT_TRUE(taken->append(undone));
  auto text = read_text_file(path());
  EXPECT_EQ(parse_ledger(*text)->open.size(), 1u);
}

TEST_F(LedgerFile, ALivingAgentsLedgerIsNotTaken) {
  auto ledger = Ledger::create(folder, head());
  ASSERT_TRUE(ledger);
  EXPECT_EQ(in_child([&] { return take_over_cause(path()); }), static_cast<int>(Cause::Conflict));
  EXPECT_EQ(in_child([&] {
              auto owner = ledger_owner(path());
              return owner && *owner == ::getppid() ? 0 : 1;
            }),
            0);
}

TEST_F(LedgerFile, AForkedChildDoesNotKeepTheLock) {
  int gate[2];
  ASSERT_EQ(::pipe(gate), 0);
  const int owner = ::fork();
  if (owner == 0) {
    auto ledger = Ledger::create(folder, head());
    if (::fork() == 0) {  // has every descriptor of the owner, and lives on
      char c = 0;
      ::close(gate[1]);
      ::_exit(::read(gate[0], &c, 1) == 0 ? 0 : 1);
    }
    ::_exit(0);
  }
  ::waitpid(owner, nullptr, 0);
  EXPECT_EQ(take_over_cause(path()), 100);
  ::close(gate[0]);
  ::close(gate[1]);
}

TEST_F(LedgerFile, IsPreallocatedSoThatUndoFitsOnAFullDisk) {
  auto ledger = Ledger::create(folder, head());
  ASSERT_TRUE(ledger);
  struct stat state {};
  ASSERT_EQ(::stat(path().c_str(), &state), 0);
  EXPECT_GE(state.st_blocks * 512, 200 * 1024);
}

TEST_F(LedgerFile, APlantedOneIsNotBelieved) {
  std::ofstream(path()) << text_of_two();
  ::chmod(path().c_str(), 0622);
  EXPECT_EQ(take_over_cause(path()), static_cast<int>(Cause::NotPermitted));
  ::chmod(path().c_str(), 0600);
  EXPECT_EQ(take_over_cause(path()), 100);
  ASSERT_EQ(::symlink(path().c_str(), (folder + "/link.ledger").c_str()), 0);
  EXPECT_EQ(take_over_cause(folder + "/link.ledger"), static_cast<int>(Cause::NotPermitted));
  ::unlink((folder + "/link.ledger").c_str());
  ASSERT_EQ(::link(path().c_str(), (folder + "/twin.ledger").c_str()), 0);
  EXPECT_EQ(take_over_cause(path()), static_cast<int>(Cause::NotPermitted));
  if (::geteuid() != 0) GTEST_SKIP() << "giving a file to another user needs root";
  ::unlink((folder + "/twin.ledger").c_str());
  ASSERT_EQ(::chown(path().c_str(), 65534, 65534), 0);
  EXPECT_EQ(take_over_cause(path()), static_cast<int>(Cause::NotPermitted));
}

TEST_F(LedgerFile, AFolderThatOthersMayWriteIsNotBelieved) {
  EXPECT_TRUE(check_ledger_folder(folder));
  ::chmod(folder.c_str(), 0770);
  EXPECT_EQ(check_ledger_folder(folder).error().cause, Cause::NotPermitted);
  ::chmod(folder.c_str(), 0700);
  if (::geteuid() != 0) GTEST_SKIP() << "giving a folder to another user needs root";
  const std::string outer = folder + "/outer", inner = outer + "/ledger";
  ::mkdir(outer.c_str(), 0700);
  ::mkdir(inner.c_str(), 0700);
  EXPECT_TRUE(check_ledger_folder(inner));
  ASSERT_EQ(::chown(outer.c_str(), 65534, 65534), 0);  // who owns it may put another `ledger` there
  EXPECT_EQ(check_ledger_folder(inner).error().cause, Cause::NotPermitted);
  ::rmdir(inner.c_str());
  ::rmdir(outer.c_str());
}

TEST(Passwd, UsersAreReadWithoutANameService) {
  const auto users =
      parse_passwd("root:x:0:0:root:/root:/bin/sh\nbad line\nann:x:1000:100:A:/home/ann:\n");
  ASSERT_EQ(users.size(), 2u);
  EXPECT_EQ(users[1].name, "ann");
  EXPECT_EQ(users[1].uid, 1000u);
  EXPECT_EQ(users[1].gid, 100u);
  EXPECT_EQ(ledger_folder_of(users[1].home), "/home/ann/.local/state/gunflint/ledger");
}

}  // namespace
}  // namespace gunflint
