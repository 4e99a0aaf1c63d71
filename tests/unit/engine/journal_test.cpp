#include "engine/journal.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "base/crc32c.hpp"
#include "engine/run_folder.hpp"

namespace gunflint {
namespace {

struct Folder {
  Folder() {
    char name[] = "/tmp/gf-journal-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~Folder() { [[maybe_unused]] int n = std::system(("rm -r -- " + path).c_str()); }
  std::string path;
};

Event event_of(Happening what, Duration at = 0s) {
  Event event;
  event.at = at;
  event.what = std::move(what);
  return event;
}

std::string text_of(const std::string& path) {
  std::string text(1 << 20, '\0');
  std::FILE* file = std::fopen(path.c_str(), "r");
  text.resize(std::fread(text.data(), 1, text.size(), file));
  std::fclose(file);
  return text;
}
void put(const std::string& path, const std::string& text) {
  std::FILE* file = std::fopen(path.c_str(), "w");
  std::fwrite(text.data(), 1, text.size(), file);
  std::fclose(file);
}

std::string three_lines(const std::string& path) {
  auto journal = Journal::create(path);
  Event a = event_of(LoadStarted{}), b = event_of(Note{"info", "second"}, 1s),
        c = event_of(RunEnded{7}, 2s);
  EXPECT_TRUE(journal->append(a, Durable::Yes));
  EXPECT_TRUE(journal->append(b, Durable::No));
  EXPECT_TRUE(journal->append(c, Durable::Yes));
  return text_of(path);
}

TEST(Crc32c, KnownAnswer) { EXPECT_EQ(crc32c("123456789"), 0xE3069283u); }

TEST(Journal, ReadsBackWhatWasWritten) {
  Folder folder;
  three_lines(folder.path + "/j");
  const auto events = read_journal(folder.path + "/j");
  ASSERT_TRUE(events) << events.error().message;
  ASSERT_EQ(events->size(), 3u);
  EXPECT_EQ((*events)[1].sequence, 2u);
  EXPECT_EQ((*events)[1].at, 1s);
  EXPECT_EQ(std::get<Note>((*events)[1].what).text, "second");
  EXPECT_EQ(std::get<RunEnded>((*events)[2].what).exit, 7);
}

TEST(Journal, EveryCutLeavesTheWholeLinesBeforeIt) {
  Folder folder;
  const std::string path = folder.path + "/j", text = three_lines(path);
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    put(path, text.substr(0, cut));
    const auto events = read_journal(path);
    ASSERT_TRUE(events) << "cut at " << cut << ": " << events.error().message;
    const auto lines = std::count(text.begin(), text.begin() + static_cast<long>(cut), '\n');
    EXPECT_EQ(static_cast<long>(events->size()), lines) << "cut at " << cut;
  }
}

TEST(Journal, DamageInTheMiddleIsAnErrorWithItsLine) {
  Folder folder;
  const std::string path = folder.path + "/j";
  std::string text = three_lines(path);
  text[text.find("second")] = 'S';
  put(path, text);
  const auto events = read_journal(path);
  ASSERT_FALSE(events);
  EXPECT_NE(events.error().message.find("line 2"), std::string::npos) << events.error().message;
}

TEST(Journal, IsNotOverwritten) {
  Folder folder;
  three_lines(folder.path + "/j");
  EXPECT_FALSE(Journal::create(folder.path + "/j"));
}

TEST(Journal, AFollowerSeesLinesAsTheyCome) {
  Folder folder;
  auto journal = Journal::create(folder.path + "/j");
  auto reader = JournalReader::open(folder.path + "/j");
  auto nothing = reader->next();
  ASSERT_TRUE(nothing);
  EXPECT_FALSE(*nothing);
  Event a = event_of(LoadStarted{});
  ASSERT_TRUE(journal->append(a, Durable::No));
  auto first = reader->next();
  ASSERT_TRUE(first && *first);
  EXPECT_EQ((*first)->sequence, 1u);
}

TEST(Journal, ALineIsAppendedBehindATornOneOnlyWhenTheRunIsDead) {
  Folder folder;
  const std::string path = folder.path + "/j";
  {
    auto journal = Journal::create(path);
    EXPECT_TRUE(run_is_alive(path));
    const auto refused = append_to_journal(path, Note{"info", "x"});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().cause, Cause::Conflict);
  }
  EXPECT_FALSE(run_is_alive(path));
  ::unlink(path.c_str());
  const std::string text = three_lines(path);
  put(path, text.substr(0, text.size() - 5));
  ASSERT_TRUE(append_to_journal(path, AgentClosed{"a", true}));
  const auto events = read_journal(path);
  ASSERT_TRUE(events) << events.error().message;
  ASSERT_EQ(events->size(), 3u);
  EXPECT_EQ(events->back().sequence, 3u);
  EXPECT_TRUE(std::holds_alternative<AgentClosed>(events->back().what));
}

TEST(RunFolder, IsFoundByItsEndAndListedInOrderOfTime) {
  Folder folder;
  const WallTime noon{std::chrono::hours(24 * 365 * 50)};
  auto b = create_run_folder(folder.path + "/runs", noon + 60s);
  auto a = create_run_folder(folder.path + "/runs", noon);
  ASSERT_TRUE(a && b);
  three_lines(a->journal());
  three_lines(b->journal());
  auto runs = list_runs(folder.path + "/runs");
  ASSERT_EQ(runs->size(), 2u);
  EXPECT_EQ((*runs)[0].id, a->id);
  EXPECT_EQ(find_run(folder.path + "/runs", "last")->id, b->id);
  EXPECT_EQ(find_run(folder.path + "/runs", a->id.substr(9))->id, a->id);
  EXPECT_EQ(find_run("nowhere", a->path)->id, a->id);
  const auto missing = find_run(folder.path + "/runs", "zzzz");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find(a->id), std::string::npos);
}

TEST(RunFolder, RunsOfOneSecondAreListedInOrderOfTime) {
  Folder folder;
  const WallTime noon{std::chrono::hours(24 * 365 * 50)};
  std::vector<std::string> made;
  for (int i = 0; i < 6; ++i) {
    const auto run = create_run_folder(folder.path + "/runs", noon);
    ASSERT_TRUE(run);
    three_lines(run->journal());
    put(run->experiment(), "version: 1\n");
    const timespec at[2] = {{1000, i}, {1000, i}};
    ASSERT_EQ(utimensat(AT_FDCWD, run->experiment().c_str(), at, 0), 0);
    made.push_back(run->id);
  }
  const auto runs = list_runs(folder.path + "/runs");
  ASSERT_TRUE(runs);
  std::vector<std::string> listed;
  for (const auto& run : *runs) listed.push_back(run.id);
  EXPECT_EQ(listed, made);
}

}  // namespace
}  // namespace gunflint
