// What a load may say, and what the files that it names put into the experiment.
#include <gtest/gtest.h>
#include <unistd.h>

#include "model/timetable.hpp"
#include "reading.hpp"

namespace gunflint {
namespace {

namespace fs = std::filesystem;

/// An experiment file with others beside it.
class Load : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  void beside(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  ReadExperiment read(const std::string& keys, const std::string& rest = "") {
    beside("x.yaml",
           "version: 1\nname: x\ntargets: { web: { local: { process: nginx } } }\n"
           "load:\n  shop:\n" +
               keys + "steady_state: [ { load: shop, expect: error_rate < 1% } ]\n" + rest);
    return read_experiment_file((folder_ / "x.yaml").string(), with_catalogue());
  }
  LoadSpec right(const std::string& keys, const std::string& rest = "") {
    const auto r = read(keys, rest);
    EXPECT_TRUE(r.experiment) << print_problems(r.problems, false);
    if (!r.experiment) return {};
    // As journal, plan and protocol carry it.
    const auto document = parse_json(to_json(encode(*r.experiment)));
    const auto back = decode<Experiment>(document.value());
    EXPECT_TRUE(back) << back.error().message;
    EXPECT_EQ(to_json(encode(back.value())), to_json(encode(*r.experiment)));
    return back->loads.at(0);
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }

 private:
  fs::path folder_ = fs::temp_directory_path() / ("gunflint-load-" + std::to_string(getpid()));
};

const std::string stages = "    stages: [ { name: normal, rate: 50/s, for: 2m } ]\n";
const std::string requests = "    requests: [ { get: / } ]\n";
const std::string web = "    base_url: https://shop:8443\n";

std::string log_line(int second, const std::string& request) {
  return "10.0.0.1 - - [10/Oct/2025:13:55:" + std::to_string(second) + " +0000] \"" + request +
         "\" 200 5\n";
}

TEST_F(Load, SaysHowRequestsAreSent) {
  beside("ca.pem", "-----BEGIN CERTIFICATE-----\n");
  beside("key.pem", "-----BEGIN PRIVATE KEY-----\n");
  const LoadSpec load = right(web + stages + requests + R"(
    http: { version: 2, connections: 8, streams: 32, keep_alive: false, requests_per_connection: 100, redirects: 5, compression: true }
    tls: { ca: ca.pem, cert: ca.pem, key: key.pem, server_name: shop.example, min_version: 1.3, max_version: 1.3, session_resumption: false }
    connect: { timeout: 3s, source_address: "::1", resolve: { shop: 10.0.0.7 }, lookup_every: 5s }
    arrivals: bursty
    burst: 20
    warm_up: 10s
    pacing: precise
    trace: true
)");
  EXPECT_EQ(load.http.version, HttpVersion::Two);
  EXPECT_EQ(load.http.streams, 32);
  EXPECT_FALSE(load.http.keep_alive);
  EXPECT_EQ(load.http.redirects, 5);
  EXPECT_EQ(load.tls.ca, path("ca.pem")) << "workers may stand elsewhere";
  EXPECT_EQ(load.tls.key, path("key.pem"));
  EXPECT_EQ(load.tls.most, TlsVersion::V13);
  EXPECT_FALSE(load.tls.resumption);
  EXPECT_EQ(load.connect.resolve.at("shop"), "10.0.0.7");
  EXPECT_EQ(load.connect.lookup_every, 5s);
  EXPECT_EQ(load.burst, 20);
  EXPECT_EQ(load.warm_up, 10s);
  EXPECT_EQ(load.pacing, Pacing::Precise);
  EXPECT_TRUE(load.trace);
}

TEST_F(Load, GoesThroughLibcurlWhereThatIsAsked) {
  const LoadSpec load = right(web + stages + requests + R"(
    transport: libcurl
    connect: { proxy: "http://proxy:3128", source_address: 10.0.0.7 }
    http: { version: 2 }
)");
  EXPECT_EQ(load.transport, TransportKind::Libcurl);
  EXPECT_EQ(load.connect.proxy, "http://proxy:3128");
}

TEST_F(Load, TwoWithoutTlsIsPriorKnowledge) {
  EXPECT_EQ(right("    base_url: http://shop\n    http: { version: 2 }\n" + stages + requests)
                .http.version,
            HttpVersion::Two);
}

TEST_F(Load, ASocketsPathIsBesideTheFile) {
  EXPECT_EQ(right(web + stages + requests + "    connect: { unix_socket: app.sock }\n")
                .connect.unix_socket,
            path("app.sock"));
}

TEST_F(Load, RetriesAreANumberOrAMap) {
  auto retries = [&](const std::string& written) {
    const LoadSpec load =
        right(web + stages + "    requests: [ { get: /, retries: " + written + " } ]\n");
    return std::get<Request>(load.journeys.at(0).steps.at(0)).retries;
  };
  EXPECT_EQ(retries("2"), (Retries{2, {}, {}, {}}));
  EXPECT_EQ(retries("0"), Retries{});
  EXPECT_EQ(retries("{ times: 3, backoff: 100ms..2s, budget: 20% }"),
            (Retries{3, 100ms, 2s, Share{0.2}}));
  EXPECT_EQ(retries("{ times: 3, backoff: 100ms }"), (Retries{3, 100ms, 102'400ms, {}}));
}

TEST_F(Load, UsersAskForNothingPerSecond) {
  const auto r =
      read(web + requests + "    stages: [ { users: 10, for: 1m }, { ramp_to: 20/s, for: 1m } ]\n");
  ASSERT_TRUE(r.experiment) << print_problems(r.problems, false);
  const Timetable table(*r.experiment);
  EXPECT_EQ(table.stages("shop")[0].rate, 0);
  EXPECT_FALSE(table.stages("shop")[0].constant);
  EXPECT_EQ(length_of(*r.experiment).shortest, 2min);
}

TEST_F(Load, ColumnsOfDataAreKeptForTheRun) {
  beside("users.csv", "id,email\n1,a@x\n2,b@x\n");
  const LoadSpec load =
      right(web + stages +
            "    data: { users: { file: users.csv, order: random } }\n"
            "    headers: { X-User: \"${users.id}\" }\n"
            "    auth: { bearer: \"${users.email}\" }\n"
            "    journeys: [ { name: buy, steps: [ { get: \"/${users.id}\", extract: { item: { "
            "json: $.id "
            "} } }, { post: /, json: { mail: \"${ users.email }\", item: \"${item}\" } } ] } ]\n");
  ASSERT_EQ(load.data.size(), 1u);
  EXPECT_EQ(load.data[0].file, path("users.csv"));
  EXPECT_EQ(load.data[0].order, RowOrder::Random);
  EXPECT_EQ(load.data[0].columns, (std::vector<std::string>{"id", "email"}));
  EXPECT_EQ(load.headers.at("X-User"), "${users.id}");
  EXPECT_EQ(load.headers.at("Authorization"), "Bearer ${users.email}");
  const auto& steps = load.journeys.at(0).steps;
  EXPECT_EQ(std::get<Request>(steps[0]).url, "/${users.id}");
  EXPECT_EQ(std::get<Request>(steps[1]).body, R"({"mail":"${users.email}","item":"${item}"})");
}

TEST_F(Load, TheNameOfADataFileMayBeAVariable) {
  beside("users.jsonl", "{\"id\": 1}\n");
  const auto load = right(web + stages +
                              "    data: { users: { file: \"${who}.jsonl\" } }\n"
                              "    requests: [ { get: \"/${users.id}\" } ]\n",
                          "vars: { who: users }\n");
  EXPECT_EQ(load.data.at(0).columns, (std::vector<std::string>{"id"}));
}

TEST_F(Load, UniqueRowsAreEnoughOrAnError) {
  beside("users.csv", "id\n1\n2\n3\n");
  auto with = [&](const std::string& list) {
    return codes(read(web +
                      "    data: { users: { file: users.csv, order: unique } }\n"
                      "    stages: [ " +
                      list + " ]\n" + requests));
  };
  EXPECT_EQ(with("{ rate: 1/s, for: 3s }"), "");
  EXPECT_EQ(with("{ rate: 1/s, for: 4s }"), "E146");
  EXPECT_EQ(with("{ ramp_to: 2/s, for: 3s }"), "");
  EXPECT_EQ(with("{ ramp_to: 2/s, for: 4s }"), "E146");
  EXPECT_EQ(with("{ users: 3, for: 1h }"), "");
  EXPECT_EQ(with("{ users: 4, for: 1s }"), "E146");
}

TEST_F(Load, ALogWithoutStagesSaysWhen) {
  beside("access.log", log_line(10, "GET /a HTTP/1.1") + log_line(12, "HEAD /b HTTP/1.1") +
                           log_line(12, "GET /c HTTP/1.1") + log_line(13, "POST /d HTTP/1.1") +
                           log_line(14, "GET /e HTTP/1.1"));
  const LoadSpec load = right(web + "    replay: { file: access.log, speed: 2 }\n");
  ASSERT_TRUE(load.replay);
  EXPECT_EQ(load.replay->file, path("access.log"));
  EXPECT_TRUE(load.replay->timed);
  EXPECT_EQ(load.replay->requests, 4u);
  EXPECT_EQ(load.replay->length, 5s);
  EXPECT_EQ(load.replay->left_out, (std::map<std::string, std::uint64_t>{{"POST", 1}}));
  ASSERT_EQ(load.stages.size(), 1u);
  EXPECT_EQ(load.stages[0].name, "replay");
  EXPECT_EQ(load.stages[0].length, 2500ms) << "5 s at twice the speed";
  EXPECT_NEAR(load.stages[0].rate->per_second, 1.6, 1e-9);
  ASSERT_EQ(load.journeys.size(), 2u);
  EXPECT_EQ(load.journeys[0].name, "GET");
  EXPECT_EQ(load.journeys[0].weight, 3);
  EXPECT_EQ(load.journeys[1].name, "HEAD");
  EXPECT_EQ(load.journeys[1].weight, 1);
}

TEST_F(Load, ALogWithStagesOnlySaysWhat) {
  beside("access.log", log_line(10, "GET /a HTTP/1.1"));
  const LoadSpec load = right(web + stages + "    replay: { file: access.log }\n");
  EXPECT_FALSE(load.replay->timed);
  EXPECT_EQ(load.stages.at(0).name, "normal");
  ASSERT_EQ(load.journeys.size(), 1u) << "only the methods that occur";
}

TEST_F(Load, FaultsAndHypothesesNameWhatALogHolds) {
  std::string log;
  for (int second = 10; second < 60; ++second) log += log_line(second, "GET /a HTTP/1.1");
  beside("access.log", log);
  const std::string fault = "faults: [ { type: noop, target: web, after: replay, for: 5s } ]\n";
  right(web + "    replay: { file: access.log }\n", fault);
  const auto r = read(web + "    replay: { file: access.log }\n",
                      "reactions: [ { name: r, load: shop, journey: GET, expect: p95 < 1s } ]\n");
  EXPECT_EQ(codes(r), "");
}

TEST_F(Load, ALogsMeanRateIsNoBaseline) {
  std::string log;
  for (int minute = 10; minute < 20; ++minute)
    log +=
        "h - - [10/Oct/2025:13:" + std::to_string(minute) + ":00 +0000] \"GET / HTTP/1.1\" 200 1\n";
  beside("access.log", log);
  const auto r = read(web + "    replay: { file: access.log }\n",
                      "reactions: []\nfaults: [ { type: noop, target: web, at: 5m, for: 5s } ]\n");
  EXPECT_EQ(codes(r), "");
  const Timetable table(*r.experiment);
  EXPECT_FALSE(table.stage("replay")->constant);
}

TEST_F(Load, TheGateBeginsBehindTheWarmUp) {
  const std::string at_40 = "faults: [ { type: noop, target: web, at: 40s, for: 5s } ]\n";
  const std::string at_50 = "faults: [ { type: noop, target: web, at: 50s, for: 5s } ]\n";
  EXPECT_EQ(codes(read(web + stages + requests, at_40)), "");
  EXPECT_EQ(codes(read(web + stages + requests + "    warm_up: 10s\n", at_40)), "E144");
  EXPECT_EQ(codes(read(web + stages + requests + "    warm_up: 10s\n", at_50)), "");
}

TEST_F(Load, FilesOfAUsedFileLieBesideThat) {
  fs::create_directories(path("common"));
  beside("common/users.csv", "id\n1\n");
  beside("common/load.yaml", "load:\n  shop:\n" + web + stages +
                                 "    data: { users: { file: users.csv } }\n"
                                 "    requests: [ { get: \"/${users.id}\" } ]\n");
  beside("y.yaml",
         "version: 1\nname: y\nuse: common/load.yaml\n"
         "steady_state: [ { load: shop, expect: error_rate < 1% } ]\n");
  const auto r = read_experiment_file(path("y.yaml"), with_catalogue());
  ASSERT_TRUE(r.experiment) << print_problems(r.problems, false);
  EXPECT_EQ(r.experiment->loads.at(0).data.at(0).file, path("common/users.csv"));
}

}  // namespace
}  // namespace gunflint
