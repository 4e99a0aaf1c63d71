#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "gunflint/base/value.hpp"
#include "support/server.hpp"

namespace gunflint {
namespace {

using namespace test;
using namespace std::chrono_literals;

struct Ran {
  int code = 0;
  std::string out, err;
};

/// Runs `gunflint load …`; sends it `signal` after `after` unless that is 0.
Ran load(std::vector<std::string> arguments, int signal = 0,
         std::chrono::milliseconds after = 0ms) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("gunflint-load-cli-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  arguments.insert(arguments.begin(), {GUNFLINT_BINARY_DIR "/bin/gunflint", "load"});
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  const int flags = O_CREAT | O_TRUNC | O_WRONLY;
  posix_spawn_file_actions_addopen(&actions, 1, (folder / "out").c_str(), flags, 0600);
  posix_spawn_file_actions_addopen(&actions, 2, (folder / "err").c_str(), flags, 0600);
  pid_t pid = 0;
  Ran ran{127, {}, {}};
  if (posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ) == 0) {
    if (signal != 0) {
      std::this_thread::sleep_for(after);
      kill(pid, signal);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  posix_spawn_file_actions_destroy(&actions);
  const auto text = [&](const char* name) {
    std::stringstream s;
    s << std::ifstream(folder / name).rdbuf();
    return s.str();
  };
  ran.out = text("out");
  ran.err = text("err");
  std::filesystem::remove_all(folder);
  return ran;
}

TEST(LoadCommand, SendsExactlyWhatWasAskedAndSaysSo) {
  TestServer server([](const TestRequest& r) {
    return answer(r.method == "PUT" && r.header("X-Token") == "a: b" && r.body == "hi" ? 200 : 400);
  });
  const auto ran = load({server.url() + "/x", "--rate", "200/s", "--for", "1s", "-X", "PUT",
                         "--header", "X-Token: a: b", "--data", "hi"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(server.served(), 200u);
  EXPECT_NE(ran.out.find("asked     200.0/s, 200 requests"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("answered  200 rightly, 0 failed (0%)"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("latency, from the time each request was due"), std::string::npos);
  EXPECT_NE(ran.out.find("The generator was "), std::string::npos);
  EXPECT_NE(ran.err.find("1s  due 200/s"), std::string::npos) << ran.err;
  EXPECT_EQ(ran.err.find('\r'), std::string::npos);  // plain lines without a terminal
}

TEST(LoadCommand, SpeaksJson) {
  TestServer server([](const TestRequest& r) { return answer(r.number % 4 == 0 ? 503 : 200); });
  const auto ran = load({server.url(), "--rate", "100/s", "--for", "1s", "--json"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  const auto v = parse_json(ran.out);
  ASSERT_TRUE(v) << ran.out;
  EXPECT_EQ(v->find("journeys")->integer_or("due"), 100);
  EXPECT_EQ(v->find("requests")->integer_or("failed"), 25);
  EXPECT_EQ(v->find("requests")->find("errors")->integer_or("http_5xx"), 25);
  EXPECT_GT(v->find("latency_seconds")->number_or("p99"), 0);
}

TEST(LoadCommand, ExpectationsDecideTheExitCode) {
  TestServer server([](const TestRequest&) { return answer().after(50ms); });
  const std::vector<std::string> common{server.url(), "--rate", "50/s", "--for", "1s", "--expect"};
  auto with = [&](const std::string& expect) {
    auto arguments = common;
    arguments.push_back(expect);
    return load(arguments);
  };
  const auto held = with("p95 < 30s");
  EXPECT_EQ(held.code, 0) << held.out;
  EXPECT_NE(held.out.find("held          p95 < 30s"), std::string::npos) << held.out;
  const auto failed = with("p50 < 20ms");
  EXPECT_EQ(failed.code, 1) << failed.out;
  EXPECT_NE(failed.out.find("failed        p50 < 20ms (it was 5"), std::string::npos) << failed.out;
  EXPECT_EQ(with("p50 < 20").code, 2);
  EXPECT_EQ(with("speed < 20ms").code, 2);
}

TEST(LoadCommand, NothingAnsweredRightlyIsAFailure) {
  const auto ran =
      load({"http://127.0.0.1:" + std::to_string(closed_port()), "--rate", "50/s", "--for", "1s"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_NE(ran.out.find("50 refused"), std::string::npos) << ran.out;
  EXPECT_NE(ran.err.find("no request was answered rightly"), std::string::npos);
}

TEST(LoadCommand, AWrongCommandLineIsExit2WithTheFix) {
  const auto fix = [](std::vector<std::string> arguments) {
    const auto ran = load(std::move(arguments));
    EXPECT_EQ(ran.code, 2);
    return ran.err;
  };
  EXPECT_EQ(
      fix({"https://x"}),
      "gunflint load: `https://x`: load over TLS is not in this version; use an http address\n");
  EXPECT_EQ(fix({"x", "--rate", "50"}),
            "gunflint load: `50` has no unit; write `50/s` or `50/min`\n");
  EXPECT_EQ(
      fix({"x", "--for", "0s"}),
      "gunflint load: a load of nothing proves nothing; give --rate and --for values above zero\n");
  EXPECT_NE(fix({"x", "--header", "nothing"}).find("is no header"), std::string::npos);
}

TEST(LoadCommand, ASignalStopsDrainsAndReports) {
  TestServer server([](const TestRequest&) { return answer().after(100ms); });
  const auto ran = load({server.url(), "--rate", "100/s", "--for", "60s"}, SIGINT, 1500ms);
  EXPECT_EQ(ran.code, 130);
  EXPECT_NE(ran.out.find("0 failed"), std::string::npos) << ran.out;
  EXPECT_LT(server.served(), 250u);
}

}  // namespace
}  // namespace gunflint
