#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "gunflint/base/value.hpp"
#include "support/lab.hpp"
#include "support/server.hpp"

namespace gunflint {
namespace {

using namespace test;
using namespace std::chrono_literals;

struct Ran {
  int code = 0;
  std::string out, err;
};

/// Runs `gunflint load …`; sends it `signal` after `after` unless that is 0. `to`: where standard
/// output goes instead of `out`.
Ran load(std::vector<std::string> arguments, int signal = 0, std::chrono::milliseconds after = 0ms,
         const std::string& to = {}) {
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
  posix_spawn_file_actions_addopen(
      &actions, 1, (to.empty() ? folder / "out" : std::filesystem::path(to)).c_str(), flags, 0600);
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
  EXPECT_NE(ran.out.find("asked             200/s  200 requests"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("200 rightly, 0 failed (0 %)"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("from due "), std::string::npos);
  EXPECT_NE(ran.out.find("The generator was "), std::string::npos);
  EXPECT_NE(ran.err.find("1s  due 200/s"), std::string::npos) << ran.err;
  EXPECT_EQ(ran.err.find('\r'), std::string::npos);  // plain lines without a terminal
}

TEST(LoadCommand, SendsOptions) {
  TestServer server([](const TestRequest& r) { return answer(r.method == "OPTIONS" ? 204 : 400); });
  const auto ran = load({server.url() + "/x", "-q", "20", "-z", "1s", "-X", "OPTIONS"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_NE(ran.out.find("20 rightly, 0 failed"), std::string::npos) << ran.out;
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

TEST(LoadCommand, AResultThatCannotBeWrittenIsNoSuccess) {
  TestServer server([](const TestRequest&) { return answer(); });
  for (const bool json : {false, true}) {
    std::vector<std::string> arguments{server.url(), "--rate", "20/s", "--for", "1s", "--quiet"};
    if (json) arguments.push_back("--json");
    const auto ran = load(arguments, 0, 0ms, "/dev/full");
    EXPECT_EQ(ran.code, 6) << json;
    EXPECT_NE(ran.err.find("could not be written to standard output: No space left on device"),
              std::string::npos)
        << ran.err;
  }
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
  EXPECT_NE(held.out.find("held          p95 < 30s  it was "), std::string::npos) << held.out;
  const auto failed = with("p50 < 20ms");
  EXPECT_EQ(failed.code, 1) << failed.out;
  EXPECT_NE(failed.out.find("failed        p50 < 20ms  it was 5"), std::string::npos) << failed.out;
  EXPECT_EQ(with("p50 < 20").code, 2);
  EXPECT_EQ(with("speed < 20ms").code, 2);
  EXPECT_EQ(with("GET / p50 < 20ms").code, 1);
  EXPECT_EQ(with("GET /x p50 < 20ms").code, 2);
  EXPECT_EQ(with("throughput > 500/s").code, 1);
}

TEST(LoadCommand, NothingAnsweredRightlyIsAFailure) {
  const auto ran =
      load({"http://127.0.0.1:" + std::to_string(closed_port()), "--rate", "50/s", "--for", "1s"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_NE(ran.out.find("50  refused"), std::string::npos) << ran.out;
  EXPECT_NE(ran.err.find("no request was answered rightly"), std::string::npos);
}

TEST(LoadCommand, AWrongCommandLineIsExit2WithTheFix) {
  const auto fix = [](std::vector<std::string> arguments) {
    const auto ran = load(std::move(arguments));
    EXPECT_EQ(ran.code, 2);
    return ran.err;
  };
  EXPECT_EQ(fix({"x", "--rate", "50/d"}),
            "gunflint load: `50/d` is no rate; write for example `50/s`, `100/min` or `500rps`\n");
  EXPECT_EQ(
      fix({"x", "--for", "0s"}),
      "gunflint load: a load of nothing proves nothing; give --rate and --for values above zero\n");
  EXPECT_NE(fix({"x", "--header", "nothing"}).find("is no header"), std::string::npos);
  EXPECT_EQ(fix({"x", "-q", "5/s", "--users", "3"}),
            "gunflint load: --rate asks for arrivals that wait for nobody, --users for users who "
            "wait for their answers; give one of them\n");
  EXPECT_EQ(fix({"x", "-d", "30s"}),
            "gunflint load: --data 30s (-d) would be sent as the body; for the length of the load "
            "write --for 30s (-z), or give both\n");
  EXPECT_EQ(fix({"x", "--csv", "/nowhere/s.csv"}),
            "gunflint load: --csv /nowhere/s.csv cannot be written: there is no folder /nowhere; "
            "make it, or name another\n");
  EXPECT_NE(fix({"x", "--tls-min", "1.1"}).find("--tls-min"), std::string::npos);
  EXPECT_NE(fix({"x", "--metrics", "nowhere"}).find("no address to serve metrics on"),
            std::string::npos);
}

TEST(LoadCommand, ATargetThatIsNotThereIsFoundBeforeTheStart) {
  const auto name = load({"no-such-host.invalid", "-z", "1s"});
  EXPECT_EQ(name.code, 2);
  EXPECT_TRUE(name.err.starts_with("gunflint load: the name `no-such-host.invalid` has no address"))
      << name.err;
  EXPECT_NE(name.err.find("there is no file no-such-host.invalid"), std::string::npos) << name.err;
  const auto url = load({"http://no-such-host.invalid/", "-z", "1s"});
  EXPECT_EQ(url.code, 2);
  EXPECT_EQ(url.err.find("there is no file"), std::string::npos) << url.err;
  TestServer server([](const TestRequest&) { return answer(); });
  const std::string taken = server.url().substr(server.url().rfind(':') + 1);
  const auto metrics = load({server.url(), "-z", "1s", "--metrics", taken});
  EXPECT_EQ(metrics.code, 2);
  EXPECT_EQ(metrics.err, "gunflint load: cannot serve metrics on 127.0.0.1:" + taken +
                             ": the port is taken; choose another with --metrics\n");
}

/// A folder of the test's own.
class LoadFiles : public ::testing::Test {
 protected:
  LoadFiles() { std::filesystem::create_directories(folder_); }
  ~LoadFiles() override { std::filesystem::remove_all(folder_); }
  std::string path(const std::string& name) const { return folder_ / name; }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
    return path(name);
  }
  std::string read(const std::string& name) const {
    std::stringstream s;
    s << std::ifstream(folder_ / name).rdbuf();
    return s.str();
  }
  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("gunflint-load-files-" + std::to_string(getpid()));
};

TEST_F(LoadFiles, TheLoadsOfAnExperimentAreSentAlone) {
  TestServer server([](const TestRequest& r) { return answer(r.path == "/pay" ? 500 : 200); });
  const std::string file = write(
      "x.yaml",
      "version: 1\nname: x\nvars: { much: 20/s }\nload:\n  shoppers:\n    base_url: " +
          server.url() +
          "\n    stages: [ { rate: \"${much}\", for: 1s } ]\n    journeys:\n      - name: buy\n"
          "        steps: [ { get: /items }, { get: /pay } ]\n  robots:\n    base_url: " +
          server.url() +
          "\n    stages: [ { rate: 10/s, for: 1s } ]\n    requests: [ { get: /robots } ]\n"
          "steady_state:\n  - { name: fast, load: shoppers, expect: p95 < 1ms }\n"
          "targets: { web: { local: { process: no-such-process } } }\n"
          "faults:\n  - { name: f, type: pause, target: web, at: 40s, for: 1s }\n");
  const auto both = load({file, "--set", "much=40/s", "--expect", "GET /items error_rate < 1%",
                          "--expect", "shoppers error_rate < 1%"});
  EXPECT_EQ(both.code, 1) << both.out << both.err;
  EXPECT_EQ(server.served(), 90u);  // 40 x 2 + 10
  EXPECT_NE(both.out.find("held          GET /items error_rate < 1%"), std::string::npos);
  EXPECT_NE(both.out.find("failed        shoppers error_rate < 1%    it was 50%"),
            std::string::npos)
      << both.out;
  EXPECT_NE(both.err.find("only the traffic of the file"), std::string::npos) << both.err;
  const auto one = load({file, "--only", "robots", "--json", "--quiet"});
  EXPECT_EQ(one.code, 0) << one.err;
  EXPECT_EQ(one.err.find("due"), std::string::npos) << one.err;
  const auto v = parse_json(one.out);
  ASSERT_TRUE(v && v->find("loads")) << one.out;
  EXPECT_EQ(v->find("loads")->items().size(), 1u);
  EXPECT_EQ(v->find("requests")->integer_or("ended"), 10);
  const auto wrong = load({write("y.yaml", "version: 1\nname: y\nlaod: {}\n")});
  EXPECT_EQ(wrong.code, 2);
  EXPECT_NE(wrong.err.find("did you mean `load`?"), std::string::npos) << wrong.err;
  EXPECT_EQ(load({file, "--only", "robot"}).code, 2);
  EXPECT_EQ(load({file, "--rate", "5/s"}).code, 2);
  EXPECT_EQ(load({path("none.yaml")}).code, 2);
}

TEST_F(LoadFiles, TheTableHasARowPerSecondAndStep) {
  TestServer server([](const TestRequest&) { return answer(); });
  const auto ran = load({server.url(), "--rate", "50/s", "--for", "2s", "--csv", path("s.csv")});
  EXPECT_EQ(ran.code, 0) << ran.err;
  std::istringstream rows(read("s.csv"));
  std::string head, row;
  std::getline(rows, head);
  EXPECT_EQ(head.substr(0, 27), "second,load,journey,step,wa");
  int requests = 0, of_step = 0;
  while (std::getline(rows, row)) {
    std::istringstream cells(row);
    std::vector<std::string> cell(6);
    for (auto& one : cell) std::getline(cells, one, ',');
    requests += cell[3].empty() ? std::stoi(cell[5]) : 0;
    of_step += cell[3] == "GET /" ? std::stoi(cell[5]) : 0;
  }
  EXPECT_EQ(requests, 100);
  EXPECT_EQ(of_step, 100);
}

/// The line about one tag.
std::string json_line(const std::string& text, const std::string& tag) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (line.find("\"tag\":\"" + tag + "\"") != line.npos) return line;
  return "{}";
}

TEST_F(LoadFiles, APublicReaderOfHistogramLogsSeesWhatWeSaw) {
  const std::string folder = GUNFLINT_HDR_READER, node = GUNFLINT_NODE;
  if (node.empty() || !std::filesystem::exists(folder + "/node_modules/hdr-histogram-js"))
    GTEST_SKIP() << "needs hdr-histogram-js from an npm registry";
  TestServer server(
      [](const TestRequest& r) { return r.number % 10 == 0 ? answer().after(40ms) : answer(); });
  const auto ran = load({server.url() + "/x", "--rate", "200/s", "--for", "3s", "--hdr",
                         path("l.hlog"), "--json", "--quiet"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto ours = parse_json(ran.out);
  ASSERT_TRUE(ours) << ran.out;
  lab::Lab lab;
  const auto theirs = lab.run({node, folder + "/read.js", path("l.hlog")});
  ASSERT_EQ(theirs.code, 0) << theirs.err;
  for (const char* tag : {"NO TAG", "GET_/x"}) {
    const auto v = parse_json(json_line(theirs.out, tag));
    ASSERT_TRUE(v && v->find("count")) << theirs.out;
    EXPECT_EQ(v->integer_or("count"), 600) << tag;
    const Value& latency = *ours->find("latency_seconds");
    // The same buckets, so the same numbers: but for ours never being above the largest seen.
    EXPECT_NEAR(v->number_or("p50") / 1e9, latency.number_or("p50"), 1e-9) << tag;
    EXPECT_NEAR(v->number_or("p99") / 1e9, latency.number_or("p99"),
                latency.number_or("p99") * 0.008)
        << tag;
    EXPECT_NEAR(v->number_or("max") / 1e9, latency.number_or("max"),
                latency.number_or("max") * 0.008)
        << tag;
    EXPECT_GE(v->number_or("intervals"), 3) << tag;
  }
}

TEST_F(LoadFiles, NginxIsLoadedAndPrometheusTextIsServedMeanwhile) {
  if (lab::tool("nginx").empty() || lab::tool("curl").empty())
    GTEST_SKIP() << "needs nginx and curl";
  lab::Lab lab;
  const int port = lab.free_port(), metrics = lab.free_port(2) + 1;
  lab.write("nginx.conf",
            "daemon off; pid " + lab.path("pid") + "; error_log " + lab.path("err") +
                "; events {} http { access_log off; client_body_temp_path " + lab.path("b") +
                "; proxy_temp_path " + lab.path("p") + "; fastcgi_temp_path " + lab.path("f") +
                "; uwsgi_temp_path " + lab.path("u") + "; scgi_temp_path " + lab.path("s") +
                "; server { listen 127.0.0.1:" + std::to_string(port) +
                "; location / { return 200 hello; } location /bad { return 503; } } }\n");
  lab.start("nginx", {lab::tool("nginx"), "-c", lab.path("nginx.conf"), "-e", lab.path("err")});
  ASSERT_TRUE(lab.wait_for_port(port)) << lab.read("err");
  const std::string url = "http://127.0.0.1:" + std::to_string(port);
  const auto bad = load({url + "/bad", "--rate", "50/s", "--for", "1s", "--check-status", "503"});
  EXPECT_EQ(bad.code, 0) << bad.out << "a 503 that is asked for is right";
  lab.start("load", {GUNFLINT_BINARY_DIR "/bin/gunflint", "load", url, "--stages",
                     "100/s:1s, ramp 200/s:60s", "--metrics", std::to_string(metrics), "--quiet"});
  ASSERT_TRUE(lab.wait_for_port(metrics));
  std::string page;
  for (int i = 0; i < 100 && page.find("gunflint_request_attempts_total{") == page.npos; ++i) {
    std::this_thread::sleep_for(100ms);
    page = lab.run({lab::tool("curl"), "-sS",
                    "http://127.0.0.1:" + std::to_string(metrics) + "/metrics"})
               .out;
  }
  for (const char* part :
       {"gunflint_experiment_running{name=\"http://127.0.0.1:",
        "gunflint_stage{load=\"load\",stage=",
        "gunflint_request_seconds_bucket{journey=\"request\",load=\"load\",step=\"GET /\",le=",
        "gunflint_step_latency_seconds{", "gunflint_generator_late_seconds_count{load=\"load\"}",
        "gunflint_connections{load=\"load\"}", "gunflint_backlog{load=\"load\"} 0"})
    EXPECT_NE(page.find(part), std::string::npos) << part << "\n" << page;
  if (lab::tool("promtool").empty()) return;
  lab.write("page", page);
  const auto checked =
      lab.run({"/bin/sh", "-c", lab::tool("promtool") + " check metrics <" + lab.path("page")});
  EXPECT_EQ(checked.code, 0) << checked.out << checked.err;
}

TEST(LoadCommand, ASignalStopsDrainsAndReports) {
  TestServer server([](const TestRequest&) { return answer().after(100ms); });
  const auto ran = load({server.url(), "--rate", "100/s", "--for", "60s"}, SIGINT, 1500ms);
  EXPECT_EQ(ran.code, 130);
  EXPECT_NE(ran.out.find("0 failed"), std::string::npos) << ran.out;
  EXPECT_LT(server.served(), 250u);
  EXPECT_NE(ran.err.find("stopping: waits at most 10s for "), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("; Ctrl-C again ends now\n"), std::string::npos) << ran.err;
}

}  // namespace
}  // namespace gunflint
