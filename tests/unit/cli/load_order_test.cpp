// Options of `gunflint load` become a load, or one sentence.
#include "cli/load_order.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "cli/load_contradictions.hpp"
#include "cli/load_stages.hpp"
#include "model/codecs.hpp"

namespace gunflint {
namespace {

LoadOptions of(std::string target = "http://shop/items?page=1") {
  LoadOptions o;
  o.target = std::move(target);
  return o;
}
LoadSpec load_of(const LoadOptions& o) {
  const auto order = order_of_url(o);
  EXPECT_TRUE(order) << order.error().message;
  return order ? order->loads.at(0) : LoadSpec{};
}
Request request_in(const LoadOptions& o) {
  return std::get<Request>(load_of(o).journeys.at(0).steps.at(0));
}
std::string refusal(const LoadOptions& o) {
  const auto order = order_of_url(o);
  if (order) return "accepted";
  EXPECT_EQ(order.error().cause, Cause::BadInput) << order.error().message;
  return order.error().message;
}

class InAFolder : public ::testing::Test {
 protected:
  InAFolder() { std::filesystem::create_directories(folder_); }
  ~InAFolder() override { std::filesystem::remove_all(folder_); }
  std::string write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ + "/" + name) << text;
    return folder_ + "/" + name;
  }
  std::string folder_ =
      std::filesystem::temp_directory_path() / ("gunflint-order-" + std::to_string(::getpid()));
};

TEST(LoadOrder, AnAddressAloneIsAHundredPerSecondForTenSeconds) {
  const LoadSpec load = load_of(of());
  ASSERT_EQ(load.stages.size(), 1u);
  EXPECT_EQ(load.stages[0].rate, Rate{100});
  EXPECT_EQ(load.stages[0].length, 10s);
  EXPECT_EQ(load.stages[0].name, "100/s");
  EXPECT_EQ(load.arrivals, ArrivalKind::Uniform);
  EXPECT_EQ(load.http.connections, 1000);
  const Request request = request_in(of());
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.name, "GET /items") << "rows of numbers in a query are one step";
  EXPECT_EQ(request.url, "http://shop/items?page=1");
  EXPECT_EQ(load_of(of("shop:8080/x")).base_url, "http://shop:8080/x");
}

TEST(LoadOrder, UsersAreAClosedLoopWithAConnectionEach) {
  LoadOptions o = of();
  o.users = 2000;
  o.length = "1m";
  const LoadSpec load = load_of(o);
  EXPECT_EQ(load.stages.at(0).users, 2000);
  EXPECT_FALSE(load.stages[0].rate);
  EXPECT_EQ(load.stages[0].length, 60s);
  EXPECT_EQ(load.http.connections, 2000);
  o.connections = 10;
  EXPECT_EQ(load_of(o).http.connections, 10);
}

TEST(LoadOrder, SoManyRequestsEndALoad) {
  LoadOptions o = of();
  o.requests = 500;
  EXPECT_EQ(load_of(o).max_journeys, 500);
  EXPECT_EQ(load_of(o).stages.at(0).length, 24h) << "however long it takes";
  EXPECT_TRUE(order_of_url(o)->until_done);
  o.length = "5s";
  EXPECT_EQ(load_of(o).stages.at(0).length, 5s);
  EXPECT_FALSE(order_of_url(o)->until_done);
  o.warm_up = "1s";
  EXPECT_NE(refusal(o).find("--requests says how many are sent"), std::string::npos);
}

TEST(LoadOrder, AFileEndsWithItsStages) {
  LoadOptions o = of("shop.yaml");
  o.requests = 5;
  EXPECT_EQ(contradicts_file(o).error().message,
            "--requests is for a URL: the stages of shop.yaml say when its load ends");
}

TEST(LoadOrder, UsersMayThink) {
  LoadOptions o = of();
  o.users = 5;
  o.think = "1s..3s";
  const auto steps = load_of(o).journeys.at(0).steps;
  ASSERT_EQ(steps.size(), 2u);
  EXPECT_EQ(std::get<Think>(steps[1]).most, 3s);
  o.think = "soon";
  EXPECT_EQ(refusal(o), "--think soon: write a time such as 100ms, or 100ms..2s");
  o.think = "1s";
  EXPECT_EQ(request_in(o).on_failure, OnFailure::Continue) << "or a wrong answer ends all pauses";
  o.users.reset();
  EXPECT_NE(refusal(o).find("--think is the pause of users"), std::string::npos);
  o.stages = {"10/s:1s"};
  EXPECT_NE(refusal(o).find("--think is the pause of users"), std::string::npos);
  o.stages = {"10/s:1s, users 3:1s"};
  EXPECT_TRUE(order_of_url(o));
}

TEST(LoadOrder, ABareRateIsPerSecond) {
  LoadOptions o = of();
  o.rate = "500";
  EXPECT_EQ(load_of(o).stages.at(0).rate, Rate{500});
  o.rate = "0.5";
  EXPECT_EQ(load_of(o).stages.at(0).rate, Rate{0.5});
  o.rate = "0";
  EXPECT_EQ(refusal(o),
            "a load of nothing proves nothing; give --rate and --for values above zero");
}

TEST(LoadOrder, MoreThanAnyGeneratorSendsIsRefusedBeforehand) {
  LoadOptions o = of();
  o.rate = "1000000000/s";
  EXPECT_EQ(refusal(o), "1000000000/s is more than any generator sends; ask for 1000000/s at most");
  o.rate = "1000000/s";
  EXPECT_TRUE(order_of_url(o));
  o.rate.clear();
  o.stages = {"1/s:1s, ramp 20000000/s:1s"};
  EXPECT_NE(refusal(o).find("is more than any generator sends"), std::string::npos);
}

TEST(LoadOrder, ConnectionsWithoutARateAreNoUsers) {
  LoadOptions o = of();
  o.connections = 64;
  EXPECT_EQ(order_of_url(o)->note,
            "100/s, the default of --rate, over at most 64 connections; for 64 who each send when "
            "they are answered write --users 64");
  o.rate = "5/s";
  EXPECT_EQ(order_of_url(o)->note, "");
}

TEST(LoadOrder, WarmUpComesBeforeWhatCounts) {
  LoadOptions o = of();
  o.warm_up = "5s";
  o.length = "20s";
  EXPECT_EQ(load_of(o).stages.at(0).length, 25s);
  EXPECT_EQ(load_of(o).warm_up, 5s);
  o.length.clear();
  o.stages = {"50/s:10s"};
  EXPECT_EQ(load_of(o).stages.at(0).length, 10s) << "stages say all themselves";
}

TEST(LoadOrder, TheRequestHasMethodBodyHeadersAndChecks) {
  LoadOptions o = of();
  o.data = "a=1";
  o.headers = {"X-Token: a: b", "Empty:"};
  o.auth = "ann:secret";
  o.check_status = {"2xx", "404"};
  o.check_body = {"ok"};
  o.retries = 2;
  o.backoff = "100ms..2s";
  o.retry_budget = "10%";
  const Request request = request_in(o);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.body, "a=1");
  EXPECT_EQ(request.headers.at("X-Token"), "a: b");
  EXPECT_EQ(request.headers.at("Empty"), "");
  EXPECT_EQ(request.headers.at("Authorization"), "Basic YW5uOnNlY3JldA==");
  ASSERT_EQ(request.check.status.size(), 2u);
  EXPECT_EQ(request.check.status[0].most, 299);
  EXPECT_EQ(request.check.status[1].least, 404);
  EXPECT_EQ(request.check.body_contains, std::vector<std::string>{"ok"});
  EXPECT_EQ(request.retries, (Retries{2, 100ms, 2s, Share{0.1}}));
  o.method = "put";
  EXPECT_EQ(request_in(o).method, "PUT");
}

TEST(LoadOrder, MethodsAreThoseOfTheLanguage) {
  LoadOptions o = of();
  o.method = "options";
  EXPECT_EQ(request_in(o).method, "OPTIONS");
  const auto back = encode(request_in(o));
  Request read;
  Reader reader;
  EXPECT_TRUE(decode(back, read, reader)) << "the workers read it";
  EXPECT_EQ(read.method, "OPTIONS");
  o.method = "TRACE";
  EXPECT_EQ(refusal(o),
            "--method TRACE: load sends `GET`, `POST`, `PUT`, `PATCH`, `DELETE`, `HEAD` and "
            "`OPTIONS`");
}

TEST(LoadOrder, JsonBodiesAreChecked) {
  LoadOptions o = of();
  o.json_body = R"({"id": 1})";
  EXPECT_EQ(request_in(o).headers.at("Content-Type"), "application/json");
  o.json_body = R"({"id": ${users.id}})";
  EXPECT_EQ(request_in(o).body, o.json_body);
  o.json_body = "{id: 1}";
  EXPECT_EQ(refusal(o), "--json-body: `{id: 1}` is no JSON; send it as it is with --data");
}

TEST(LoadOrder, ProtocolAndConnectionsAreTheLanguages) {
  LoadOptions o = of("http://shop");
  o.http = "2";
  o.streams = 7;
  o.connections = 3;
  o.redirects = 2;
  o.compression = o.no_keep_alive = o.trace = true;
  o.connect_timeout = "500ms";
  o.source_address = "127.0.0.2";
  o.resolve = {"shop=10.0.0.7"};
  o.lookup_every = "30s";
  o.pacing = "precise";
  o.max_in_flight = 99;
  o.on_overload = "drop";
  o.timeout = "2s";
  o.arrivals = "bursty";
  o.burst = 40;
  const LoadSpec load = load_of(o);
  EXPECT_EQ(load.http, (HttpOptions{HttpVersion::Two, 3, 7, false, 0, 2, true}));
  EXPECT_EQ(load.connect,
            (ConnectOptions{500ms, "127.0.0.2", "", {{"shop", "10.0.0.7"}}, 30s, ""}));
  EXPECT_EQ(load.pacing, Pacing::Precise);
  EXPECT_EQ(load.max_in_flight, 99);
  EXPECT_EQ(load.on_overload, OnOverload::Drop);
  EXPECT_EQ(load.timeout, 2s);
  EXPECT_TRUE(load.trace);
  EXPECT_EQ(load.arrivals, ArrivalKind::Bursty);
  EXPECT_EQ(load.burst, 40);
}

TEST(LoadOrder, WhatContradictsIsOneSentenceWithItsFix) {
  const auto with = [](const std::function<void(LoadOptions&)>& change) {
    LoadOptions o = of();
    change(o);
    return refusal(o);
  };
  EXPECT_EQ(with([](auto& o) { o.rate = "5/s", o.users = 3; }),
            "--rate asks for arrivals that wait for nobody, --users for users who wait for their "
            "answers; give one of them");
  EXPECT_EQ(with([](auto& o) { o.stages = {"5/s:3s"}, o.length = "3s"; }),
            "--for and --stages both say when; leave out --for");
  EXPECT_EQ(with([](auto& o) { o.proxy = "http://p:3128"; }),
            "--proxy needs the slower transport; add --transport libcurl");
  EXPECT_EQ(with([](auto& o) { o.cert = "x.pem"; }),
            "--cert is about TLS, and http://shop/items?page=1 has none; write https://…");
  EXPECT_EQ(with([](auto& o) { o.burst = 3; }),
            "--burst is of bursty arrivals; add --arrivals bursty");
  EXPECT_EQ(with([](auto& o) { o.data = "30s"; }),
            "--data 30s (-d) would be sent as the body; for the length of the load write --for 30s "
            "(-z), or give both");
  EXPECT_EQ(with([](auto& o) { o.data = "a", o.json_body = "{}"; }),
            "--data and --json-body are both the body; give one of them");
  EXPECT_EQ(with([](auto& o) { o.auth = "ann"; }),
            "--auth has no password; write --auth USER:PASSWORD");
  EXPECT_EQ(with([](auto& o) { o.bearer = "x", o.headers = {"Authorization: y"}; }),
            "--header 'Authorization: …' and --auth or --bearer both say who asks; give one of "
            "them");
  EXPECT_EQ(with([](auto& o) { o.backoff = "1s"; }),
            "--backoff is the pause before --retries; give that too");
  EXPECT_EQ(with([](auto& o) { o.streams = 2, o.http = "1.1"; }),
            "--streams is of HTTP/2; leave out --http 1.1, or --streams");
  EXPECT_EQ(with([](auto& o) { o.speed = 2; }), "--speed is of --replay; give the log to replay");
  EXPECT_EQ(with([](auto& o) { o.only = "x"; }),
            "--only names a load of an experiment file, and a URL has none; leave it out");
  EXPECT_EQ(with([](auto& o) { o.on_overload = "drop"; }),
            "--on-overload says what happens beyond --max-in-flight; give that too");
  EXPECT_EQ(with([](auto& o) { o.unix_socket = "/nowhere/s"; }),
            "--unix-socket /nowhere/s: there is no socket; is the server running?");
  EXPECT_EQ(with([](auto& o) { o.check_status = {"fine"}; }),
            "--check-status fine: a right answer is for example 200, 2xx or 200..204");
  EXPECT_EQ(with([](auto& o) { o.timeout = "0s"; }),
            "--timeout 0s: it must be longer than nothing");
}

TEST_F(InAFolder, FilesAreLookedAtBeforeAnythingIsSent) {
  LoadOptions o = of();
  o.data = "@" + write("body.bin", "from a file");
  EXPECT_EQ(request_in(o).body, "from a file");
  o.data = "@" + folder_ + "/none";
  EXPECT_EQ(refusal(o),
            "--data: cannot read " + folder_ +
                "/none: no such file or directory; name a file that is there and may be "
                "read");
  o = of();
  o.data_files = {"users=" + write("users.csv", "\xef\xbb\xbfname,\"e,mail\"\r\nann,x\r\n") +
                  ":random"};
  const DataSpec csv = load_of(o).data.at(0);
  EXPECT_EQ(csv.order, RowOrder::Random);
  EXPECT_EQ(csv.columns, (std::vector<std::string>{"name", "e,mail"}));
  o.data_files = {"rows=" + write("rows.jsonl", "{\"id\": 1, \"name\": \"a\"}\n")};
  EXPECT_EQ(load_of(o).data.at(0).columns, (std::vector<std::string>{"id", "name"}));
  o.data_files = {"users=" + folder_ + "/users.csv:shuffled"};
  EXPECT_EQ(refusal(o), "--data-file users=" + folder_ +
                            "/users.csv:shuffled: rows are taken `sequential`, `random` or "
                            "`unique`, not `shuffled`");
  o.data_files = {"users"};
  EXPECT_EQ(
      refusal(o),
      "--data-file users: write NAME=FILE, such as users=users.csv, or users=users.csv:random");
}

TEST_F(InAFolder, AFileThatIsNoExperimentIsToldApartFromAServer) {
  const std::string file = write("shop", "version: 1\n");
  const auto named = names_a_file(of(file));
  ASSERT_FALSE(named);
  EXPECT_EQ(named.error().message,
            file +
                " is a file, and the name of an experiment file ends in .yaml; rename it, or, "
                "if a server is meant, write http://" +
                file);
  EXPECT_FALSE(*names_a_file(of("shop.example")));
}

TEST_F(InAFolder, CertificatesMustBePem) {
  EXPECT_TRUE(can_read_pem("--key", write("k.pem", "-----BEGIN PRIVATE KEY-----\n")));
  const auto der = can_read_pem("--cert", write("c.der", "\x30\x82"));
  ASSERT_FALSE(der);
  EXPECT_NE(der.error().message.find("openssl x509 -inform der"), std::string::npos);
  EXPECT_FALSE(can_read_pem("--cacert", folder_ + "/none.pem"));
  EXPECT_TRUE(can_read_pem("--cacert", ""));
}

TEST_F(InAFolder, AReplayLastsAsLongAsItsLog) {
  const std::string log =
      write("access.log",
            "1.2.3.4 - - [10/Oct/2026:13:55:36 +0200] \"GET /a HTTP/1.1\" 200 5 \"-\" \"x\"\n"
            "1.2.3.4 - - [10/Oct/2026:11:55:40 +0000] \"HEAD /b HTTP/1.1\" 200 5\n"
            "1.2.3.4 - - [10/Oct/2026:13:59:36 +0200] \"POST /c HTTP/1.1\" 200 5\n"
            "nonsense\n");
  LoadOptions o = of("http://shop");
  o.replay = log;
  auto order = order_of_url(o);
  ASSERT_TRUE(order) << order.error().message;
  ASSERT_TRUE(order->loads[0].replay);
  EXPECT_EQ(order->loads[0].replay->requests, 2u);
  EXPECT_TRUE(order->loads[0].replay->timed);
  EXPECT_EQ(order->loads[0].replay->left_out,
            (std::map<std::string, std::uint64_t>{{"POST", 1}, {"unreadable", 1}}));
  ASSERT_EQ(order->loads[0].journeys.size(), 2u);
  EXPECT_EQ(order->loads[0].journeys[1].name, "HEAD");
  EXPECT_EQ(traffic_length(*order), 5s);
  EXPECT_EQ(sent(*order).at(0).stages.at(0).name, "replay");
  o.speed = 2;
  EXPECT_EQ(traffic_length(*order_of_url(o)), 2500ms);
  o.data = "x";
  EXPECT_EQ(refusal(o), "--replay sends the requests of the log as they are; leave out --data");
  o = of("http://shop");
  o.replay = write("other.log", "nothing here\n");
  EXPECT_EQ(refusal(o), "--replay: " + o.replay +
                            " holds no GET and no HEAD in common or combined log format: 1 line "
                            "left out (unreadable)");
}

TEST(LoadOrder, WhatIsSentEndsInSilence) {
  const auto order = order_of_url(of());
  ASSERT_TRUE(order);
  const auto loads = sent(*order);
  EXPECT_EQ(loads[0].stages.size(), 2u);
  EXPECT_EQ(loads[0].stages.back().rate, Rate{0});
  EXPECT_EQ(traffic_length(*order), 10s);
  EXPECT_EQ(stage_at(order->loads[0], 9s), &order->loads[0].stages[0]);
  EXPECT_EQ(stage_at(order->loads[0], 10s), nullptr);
}

ReadExperiment experiment_with(std::vector<std::string> loads) {
  ReadExperiment read;
  read.experiment.emplace();
  for (auto& name : loads) {
    LoadSpec load;
    load.name = std::move(name);
    read.experiment->loads.push_back(std::move(load));
  }
  return read;
}

TEST(LoadOrder, AFileGivesItsLoads) {
  LoadOptions o = of("shop.yaml");
  const auto both = order_of_file(o, experiment_with({"shoppers", "robots"}));
  ASSERT_TRUE(both);
  EXPECT_EQ(both->loads.size(), 2u);
  o.only = "robots";
  EXPECT_EQ(order_of_file(o, experiment_with({"shoppers", "robots"}))->loads.at(0).name, "robots");
  o.only = "robot";
  EXPECT_EQ(order_of_file(o, experiment_with({"shoppers", "robots"})).error().message,
            "shop.yaml has no load `robot`; did you mean `robots`?");
  o.only.clear();
  EXPECT_EQ(order_of_file(o, experiment_with({})).error().message,
            "shop.yaml has no `load`, so there is nothing to send; give a URL, or add one");
  o.rate = "5/s";
  EXPECT_EQ(
      order_of_file(o, experiment_with({"shoppers"})).error().message,
      "--rate is for a URL: shop.yaml says what is sent, and how; change it there, or make it "
      "a variable and give that with --set");
  EXPECT_EQ(names_a_file(of("/nowhere/x.yaml")).error().message,
            "there is no file /nowhere/x.yaml; if it is a page of a server, write "
            "http:///nowhere/x.yaml");
  EXPECT_FALSE(*names_a_file(of("http://shop/x.yaml")));
}

TEST(LoadStages, AreRatesRampsAndUsers) {
  const auto stages =
      parse_stages({"100/s:30s, ramp 400/s:1m", "users 64:10s,8 users:5s,1 user:1s"});
  ASSERT_TRUE(stages) << stages.error().message;
  EXPECT_EQ(spell_stages(*stages),
            "100/s for 30s, then ramp to 400/s for 1m, then 64 users for 10s, then 8 users for 5s, "
            "then 1 user for 1s");
  EXPECT_EQ(stages->at(1).ramp_to, Rate{400});
  EXPECT_EQ(stages->at(1).length, 60s);
  EXPECT_EQ(stages->at(2).users, 64);
  EXPECT_TRUE(parse_stages({"ramp to 10/s:5s"}));
}

TEST(LoadOrder, ASchemeWithoutItsSlashesIsToldHow) {
  EXPECT_EQ(refusal(of("http:/127.0.0.1:80/x")),
            "`http:/127.0.0.1:80/x` is no address; write http://127.0.0.1:80/x");
  EXPECT_EQ(refusal(of("https:shop")), "`https:shop` is no address; write https://shop");
}

TEST(LoadStages, AreSpeltAsAPersonWroteThem) {
  const auto spelt = [](const std::string& rate) {
    return spell_stage(parse_stages({rate + ":1s"})->at(0));
  };
  for (const char* rate : {"500/min", "30/min", "100/s", "2.25/s", "100/h", "7/min"})
    EXPECT_EQ(spelt(rate), rate);
  EXPECT_EQ(spelt("0.33333/s"), "0.3333/s");
  EXPECT_EQ(spelt("ramp 500/min"), "ramp to 500/min");
}

TEST(LoadStages, SayWhichOneIsWrong) {
  const auto wrong = [](const std::string& text) {
    const auto stages = parse_stages({text});
    const std::string tail = "; write for example '100/s:30s, ramp 400/s:1m, users 64:10s'";
    const std::string message = stages ? "accepted" : stages.error().message;
    EXPECT_TRUE(message.ends_with(tail)) << message;
    return message.substr(0, message.size() - tail.size());
  };
  EXPECT_EQ(wrong("100/s:3s, 200/s"), "--stages: `200/s`: it does not say how long, after a colon");
  EXPECT_EQ(wrong("100:3s"), "--stages: `100:3s`: `100` has no unit");
  EXPECT_EQ(wrong("100/s:30"), "--stages: `100/s:30`: `30` has no unit");
  EXPECT_EQ(wrong("users many:3s"), "--stages: `users many:3s`: `many` is no number of users");
  EXPECT_EQ(wrong("users 0:3s"), "--stages: `users 0:3s`: `0` is no number of users");
  EXPECT_EQ(wrong("5/s:0s"), "--stages: `5/s:0s`: a stage must last longer than nothing");
  EXPECT_EQ(wrong("0/s:5s"), "--stages: `0/s:5s`: a load of nothing proves nothing");
}

}  // namespace
}  // namespace gunflint
