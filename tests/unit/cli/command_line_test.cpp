// What is typed wrong is answered with what was meant, before anything is done.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include "cli/commands.hpp"

namespace gunflint {
namespace {

struct Said {
  int exit = 0;
  std::string out, err;
};

Said type(std::vector<const char*> words) {
  words.insert(words.begin(), "gunflint");
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Said said;
  said.exit = run_command_line(static_cast<int>(words.size()), words.data());
  said.out = testing::internal::GetCapturedStdout();
  said.err = testing::internal::GetCapturedStderr();
  return said;
}

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(CommandLine, AnUnknownCommandIsNamedAndTheNearestIsSuggested) {
  const Said said = type({"validat", "x.yaml"});
  EXPECT_EQ(said.exit, 2);
  EXPECT_EQ(said.err,
            "gunflint: there is no command `validat`; did you mean `validate`? "
            "`gunflint --help` lists them\n");
  EXPECT_TRUE(says(type({"completion", "bash"}).err, "no command `completion`; `gunflint --help`"));
}

TEST(CommandLine, HelpOfACommandIsItsHelp) {
  const Said said = type({"help", "stop"});
  EXPECT_EQ(said.exit, 0);
  EXPECT_TRUE(says(said.out, "The run's id, or the end of it")) << said.out;
  EXPECT_EQ(type({"help"}).exit, 0);
  EXPECT_EQ(type({"help", "stpo"}).exit, 2);
}

TEST(CommandLine, HelpOfLoadListsAllItsExitCodes) {
  const Said said = type({"load", "--help"});
  for (const char* code : {"0 held", "130 stopped by Ctrl-C", "143 by SIGTERM"})
    EXPECT_TRUE(says(said.out, code)) << said.out;
}

TEST(CommandLine, OptionsOfOtherToolsAreTranslated) {
  const auto told = [](std::vector<const char*> words) {
    words.insert(words.begin(), {"load", "http://127.0.0.1:1"});
    const Said said = type(words);
    EXPECT_EQ(said.exit, 2);
    return said.err;
  };
  EXPECT_EQ(told({"--rat", "5"}),
            "gunflint load: not understood: --rat 5; did you mean --rate? `gunflint load --help` "
            "lists what is\n");
  EXPECT_EQ(told({"--duration", "5s"}),
            "gunflint load: not understood: --duration 5s; `--duration` is a word of k6: here it "
            "is --for; `gunflint load --help` lists what is\n");
  EXPECT_TRUE(says(told({"--iterations", "100"}), "here it is --requests"));
  EXPECT_TRUE(says(told({"--workers", "3"}), "--loops for threads, or --users"));
  EXPECT_TRUE(says(told({"-t", "4"}), "here it is --loops"));
  EXPECT_TRUE(says(told({"--vus=3"}), "`--vus` is a word of k6: here it is --users"));
  EXPECT_TRUE(says(told({"--root-certs", "x"}), "--cacert"));
  EXPECT_EQ(told({"-rate=50"}),
            "gunflint load: `-rate=50` has two dashes here: write --rate=50; `gunflint load "
            "--help` lists what is\n");
  EXPECT_TRUE(says(told({"-duration", "5s"}), "here it is --for"));
  EXPECT_TRUE(says(type({"run", "x.yaml", "--leese", "1"}).err, "did you mean --lease?"));
}

TEST(CommandLine, AFieldGivenAsAnOptionOfInjectIsToldHow) {
  const Said said =
      type({"inject", "network", "--target", "port=1", "--delay", "100ms", "--for", "2s"});
  EXPECT_EQ(said.exit, 2);
  EXPECT_TRUE(says(said.err, "--delay")) << said.err;
  EXPECT_TRUE(says(said.err, "--field delay=100ms")) << said.err;
}

TEST(CommandLine, InitWritesAFirstExperimentAndOverwritesNothing) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("gunflint-init-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const std::string file = folder / "my first.yaml";
  const Said first = type({"init", file.c_str()});
  EXPECT_EQ(first.exit, 0) << first.err;
  EXPECT_TRUE(says(first.out, "gunflint run '" + file + "'")) << first.out;
  EXPECT_EQ(type({"validate", "--strict", file.c_str()}).exit, 0);
  const auto size = std::filesystem::file_size(file);
  std::ofstream(file, std::ios::app) << "# mine\n";
  const Said second = type({"init", file.c_str()});
  EXPECT_EQ(second.exit, 2);
  EXPECT_TRUE(says(second.err, "is there already, and stays as it is")) << second.err;
  EXPECT_EQ(std::filesystem::file_size(file), size + 7);
  EXPECT_TRUE(says(type({"init", "-"}).out, "version: 1\n"));
  EXPECT_TRUE(says(type({"init", (folder / "no/x.yaml").c_str()}).err, "name another file"));
  std::filesystem::remove_all(folder);
}

/// A folder with an experiment that would be valid.
class RunOptionsAreChecked : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              ("gunflint-command-line-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ / "x.yaml") << "version: 1\nname: x\n"
                                         "targets: { it: { local: { port: 1 } } }\n"
                                         "faults: [{ name: n, type: noop, target: it, for: 1s }]\n";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  Said run(std::vector<std::string> more) {
    std::vector<std::string> words{"run", folder_ / "x.yaml"};
    words.insert(words.end(), more.begin(), more.end());
    std::vector<const char*> argv;
    for (const auto& word : words) argv.push_back(word.c_str());
    return type(argv);
  }
  std::filesystem::path folder_;
};

TEST_F(RunOptionsAreChecked, BeforeAnythingIsDoneAndWithDryRunToo) {
  const std::string file = folder_ / "x.yaml", nowhere = folder_ / "no/x.xml";
  for (const auto& [option, value, why] : std::vector<std::array<std::string, 3>>{
           {"--junit", nowhere, "there is no folder"},
           {"--html", folder_, "is a folder; name a file"},
           {"--junit", "/dev/null", "is no ordinary file"},
           {"--out", file, "is not a folder"},
           {"--out", "/proc/gunflint-runs", "--out /proc/gunflint-runs"},
           {"--metrics", "nonsense", "nonsense"},
           {"--metrics-linger", "30s", "add --metrics"},
           {"--metrics-linger", "soon", "write a time such as 30s"},
           {"--soft", "failed", "a failure stays a failure"},
           {"--lease", "3", "--lease 3"}})
    for (const bool dry : {false, true}) {
      std::vector<std::string> more{option, value};
      if (dry) more.push_back("--dry-run");
      const Said said = run(more);
      EXPECT_EQ(said.exit, 2) << option << " " << value;
      EXPECT_TRUE(says(said.err, why)) << said.err;
      EXPECT_EQ(said.out, "");
    }
  // Nothing is left behind by the look.
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(RunOptionsAreChecked, WithJsonARefusalIsADocument) {
  const Said said = run({"--json", "--soft", "failed"});
  const auto document = parse_json(said.out);
  ASSERT_TRUE(document) << said.out;
  EXPECT_EQ(document->integer_or("exit"), 2);
  EXPECT_TRUE(says(document->text_or("error"), "a failure stays a failure"));
}

TEST_F(RunOptionsAreChecked, PlanOfSeveralFilesListsTheRefusedOneToo) {
  const std::string bad = folder_ / "bad.yaml", worse = folder_ / "none.yaml";
  std::ofstream(bad) << "version: 1\nname: x\nfault: []\n";
  const Said said = type({"plan", "--json", bad.c_str(), worse.c_str()});
  EXPECT_EQ(said.exit, 2);
  const auto documents = parse_json(said.out);
  ASSERT_TRUE(documents && documents->is_list()) << said.out;
  ASSERT_EQ(documents->items().size(), 2u);
  EXPECT_EQ(documents->items()[0].text_or("file"), bad);
  EXPECT_EQ(documents->items()[1].text_or("file"), worse);
  EXPECT_FALSE(documents->items()[0].bool_or("valid", true));
}

TEST_F(RunOptionsAreChecked, LoadOfAFileSaysNothingOfWhatItDoesNotDo) {
  const std::string file = folder_ / "traffic.yaml";
  std::ofstream(file) << "version: 1\nname: x\nload:\n  shoppers:\n    base_url: "
                         "http://127.0.0.1:1\n    stages: [ { rate: 1/s, for: 1s } ]\n"
                         "    requests: [ { get: / } ]\n";
  const Said rate = type({"load", file.c_str(), "--rate", "5/s"});
  EXPECT_EQ(rate.exit, 2);
  EXPECT_TRUE(rate.err.starts_with("gunflint load: --rate is for a URL")) << rate.err;
  const Said expect = type({"load", file.c_str(), "--expect", "speed < 1"});
  EXPECT_EQ(expect.exit, 2);
  EXPECT_FALSE(says(expect.err, "W211")) << expect.err;
  EXPECT_TRUE(says(type({"validate", file.c_str()}).err, "W211"));
}

TEST(CommandLine, ExplainAnswersAnUnknownWordInJsonToo) {
  const Said said = type({"explain", "--json", "netwrok"});
  EXPECT_EQ(said.exit, 2);
  EXPECT_TRUE(says(said.err, "did you mean `network`?")) << said.err;
  const auto document = parse_json(said.out);
  ASSERT_TRUE(document) << said.out;
  EXPECT_TRUE(says(document->text_or("error"), "did you mean `network`?"));
}

}  // namespace
}  // namespace gunflint
