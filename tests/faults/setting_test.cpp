#include <gtest/gtest.h>

#include <csignal>
#include <sstream>

#include "faults/fault_case.hpp"

namespace gunflint {
namespace {

// ---- over HTTP ----------------------------------------------------------------------------------
/// A service with a pool: GET shows it, POST changes it, up to 64.
void add_pool(FakeHost& fake) {
  fake.world.outside["workers"] = "8";
  fake.on_http([](FakeHost& f, const HttpRequest& request) -> Result<HttpResponse> {
    if (request.url != "http://127.0.0.1:8080/admin/pool") return HttpResponse{.status = 404};
    if (request.method != "GET") {
      const auto sent = parse_json(request.body);
      if (!sent || !sent->find("workers")) return HttpResponse{.status = 400};
      f.world.outside["workers"] =
          std::to_string(std::min<std::int64_t>(64, sent->integer_or("workers")));
    }
    return HttpResponse{
        .status = 200,
        .body = R"({"name": "pool", "workers": )" + f.world.outside["workers"] + "}"};
  });
}
Member pool_member(FakeHost& fake) {
  return fake.add_process({.name = "web", .pid = 300, .ports = {8080, 80}});
}
constexpr std::string_view pool =
    R"("http": {"url": "http://${member.host}:${member.port}/admin/pool", "field": "workers"})";
Value pool_params(const std::string& rest) {
  return json("{" + std::string(pool) + ", " + rest + "}");
}

GUNFLINT_FAULT_CASE(setting, http_field) {
  add_pool(fake);
  return {pool_member(fake), pool_params(R"("value": "50% of current")")};
}
GUNFLINT_FAULT_CASE(setting, http_shared) {
  add_pool(fake);
  return {pool_member(fake), pool_params(R"("value": 2, "shared": true)")};
}
GUNFLINT_FAULT_CASE(setting, http_whole_body) {
  fake.world.outside["log"] = "info";
  fake.on_http([](FakeHost& f, const HttpRequest& r) -> Result<HttpResponse> {
    if (r.method == "PUT") f.world.outside["log"] = r.body.substr(6);  // behind "level="
    return HttpResponse{.status = 204, .body = f.world.outside["log"] + "\n"};
  });
  return {fake.add_process({.name = "web"}),
          json(R"({"http": {"url": "http://x/log", "method": "PUT", "body": "level=${value}"},
                   "value": "debug"})")};
}

int configured(const std::string& content, const std::string& key) {
  const auto at = content.find("\n" + key);
  return at == std::string::npos ? 1 : std::atoi(content.c_str() + at + 1 + key.size() + 1);
}
/// What a master does on a reload: new workers first, then the old ones go.
void replace_children(FakeHost& fake, int master, int count) {
  std::vector<int> old;
  for (const auto& [pid, process] : fake.world.processes)
    if (process.info.parent == master) old.push_back(pid);
  fake.later(50ms, [=](FakeHost& f) {
    for (int i = 0; i < count; ++i) f.fork(master);
    for (const int pid : old) f.exit_process(pid);
  });
}

// ---- in a file ----------------------------------------------------------------------------------
/// A service that reads /etc/shop.conf when it starts and on SIGHUP.
Member add_file_service(FakeHost& fake) {
  fake.add_file("/etc/shop.conf", "# workers = 99\nname = shop  \nworkers = 8  # enough\r\n\n",
                0640, 33, 34);
  fake.add_file("/run/shop.pid", "300\n");
  fake.world.outside["in use"] = fake.world.files["/etc/shop.conf"].content;
  const Member member = fake.add_process({.name = "shop", .pid = 300});
  fake.world.interchangeable.insert("shop");
  fake.fork(300);
  fake.on_signal(300, [](FakeHost& f, FakeProcess&, int number) {
    if (number != SIGHUP) return;
    f.world.outside["in use"] = f.world.files["/etc/shop.conf"].content;
    replace_children(f, 300, 1);
  });
  fake.on_command("shopctl", [](FakeHost& f, const Command& c) -> Result<Exit> {
    if (c.argv.at(1) == "reload")
      f.world.outside["in use"] = f.world.files["/etc/shop.conf"].content;
    if (c.argv.at(1) == "show")
      return Exit{0, std::to_string(configured(f.world.outside["in use"], "workers =")) + "\n", ""};
    return Exit{};
  });
  return member;
}
GUNFLINT_FAULT_CASE(setting, file_and_signal) {
  return {
      add_file_service(fake),
      json(R"({"file": {"path": "/etc/shop.conf", "key": "workers", "reload": {"signal": "HUP"}},
                   "value": "50% of current"})")};
}
GUNFLINT_FAULT_CASE(setting, file_and_pid_file) {
  Member member = add_file_service(fake);
  member.pid = 0;
  return {member, json(R"({"file": {"path": "/etc/shop.conf", "line": "workers = {value}  # enough",
                           "reload": {"signal": "SIGHUP", "pid_file": "/run/shop.pid"}},
                           "value": 1})")};
}
GUNFLINT_FAULT_CASE(setting, file_and_command) {
  return {
      add_file_service(fake),
      json(R"({"file": {"path": "/etc/shop.conf", "key": "workers", "check": ["shopctl", "test"],
                   "reload": {"exec": ["shopctl", "reload"]}, "read_back": ["shopctl", "show"]},
                   "value": 1})")};
}

// ---- nginx and php-fpm: a master that replaces its workers --------------------------------------
Member add_master(FakeHost& fake, const std::string& name, std::vector<std::string> argv,
                  const std::string& path, const std::string& key, int reload_by) {
  const Member master =
      fake.add_process({.name = name, .pid = 400, .argv = std::move(argv), .uid = 0});
  fake.world.interchangeable.insert(name);
  for (int i = 0; i < configured(fake.world.files[path].content, key); ++i) fake.fork(400);
  fake.on_signal(400, [=](FakeHost& f, FakeProcess&, int number) {
    if (number == reload_by) replace_children(f, 400, configured(f.world.files[path].content, key));
  });
  return master;
}
GUNFLINT_FAULT_CASE(setting, nginx) {
  fake.add_file("/etc/nginx/nginx.conf",
                "user www;\nworker_processes 4;\nevents { worker_connections 64; }\n");
  Member master = add_master(fake, "nginx", {"nginx: master process nginx"},
                             "/etc/nginx/nginx.conf", "worker_processes", SIGHUP);
  return {master, json(R"({"nginx": {"setting": "worker_processes"}, "value": 1})")};
}
GUNFLINT_FAULT_CASE(setting, php_fpm) {
  const std::string path = "/etc/php/pool.conf";
  fake.add_file(path, "[www]\npm = static\npm.max_children = 6\n;pm.max_children = 9\n");
  fake.on_command("php-fpm8.2", [=](FakeHost& f, const Command&) -> Result<Exit> {
    const int children = configured(f.world.files[path].content, "pm.max_children =");
    return children >= 2 ? Exit{} : Exit{78, "", "max_children must be at least start_servers"};
  });
  return {add_master(fake, "php-fpm8.2", {"php-fpm: master process (/etc/php/fpm.conf)"}, path,
                     "pm.max_children =", SIGUSR2),
          json(R"({"php_fpm": {"file": "/etc/php/pool.conf", "pool": "www"},
                   "value": "50% of current"})")};
}

// ---- gunicorn -----------------------------------------------------------------------------------
Member add_gunicorn(FakeHost& fake, int workers) {
  const Member master = fake.add_process({.name = "gunicorn", .pid = 500});
  fake.world.interchangeable.insert("gunicorn");
  for (int i = 0; i < workers; ++i) fake.fork(500);
  fake.on_signal(500, [](FakeHost& f, FakeProcess&, int number) {
    if (number == SIGTTIN) f.later(100ms, [](FakeHost& g) { g.fork(500); });
    if (number == SIGTTOU)
      f.later(700ms, [](FakeHost& g) {
        for (const auto& [pid, process] : g.world.processes)
          if (process.info.parent == 500) return g.exit_process(pid);
      });
  });
  return master;
}
GUNFLINT_FAULT_CASE(setting, gunicorn_fewer) {
  return {add_gunicorn(fake, 4), json(R"({"gunicorn": {}, "value": "50% of current"})")};
}
GUNFLINT_FAULT_CASE(setting, gunicorn_more) {
  return {add_gunicorn(fake, 2), json(R"({"gunicorn": {"setting": "workers"}, "value": 5})")};
}

// ---- haproxy ------------------------------------------------------------------------------------
Member add_haproxy(FakeHost& fake) {
  for (const auto& [scope, limit] : std::map<std::string, std::string>{
           {"global", "2000"}, {"frontend shop", "100"}, {"server web/w1", ""}})
    fake.world.outside["maxconn " + scope] = limit;
  fake.on_socket(
      "/run/haproxy.sock", [](FakeHost& f, const std::string& text) -> Result<std::string> {
        auto& limits = f.world.outside;
        if (text == "show info\n")
          return "Name: HAProxy\nMaxconn: " + limits["maxconn global"] + "\nHard_maxconn: 1\n\n";
        if (text == "show stat\n")
          return "# pxname,svname,qcur,slim,x\nshop,FRONTEND,," + limits["maxconn frontend shop"] +
                 ",1\nweb,w1,0," + limits["maxconn server web/w1"] + ",1\nweb,BACKEND,0,10,1\n\n";
        std::istringstream words(text);
        std::string set, what, kind, name, value;
        words >> set >> what >> kind >> name;
        const std::string key =
            kind == "global" ? "maxconn global" : "maxconn " + kind + " " + name;
        if (!(words >> value)) value = name;
        if (!limits.contains(key)) return "No such proxy.\n\n";
        limits[key] = value == "0" ? "" : value;
        return "\n";
      });
  return fake.add_process({.name = "haproxy"});
}
Value haproxy(const std::string& setting, const std::string& value) {
  return json(R"({"haproxy": {"socket": "/run/haproxy.sock", "setting": "maxconn )" + setting +
              R"("}, "value": ")" + value + R"("})");
}
GUNFLINT_FAULT_CASE(setting, haproxy_global) {
  return {add_haproxy(fake), haproxy("global", "50% of current")};
}
GUNFLINT_FAULT_CASE(setting, haproxy_frontend) {
  return {add_haproxy(fake), haproxy("frontend shop", "5")};
}
GUNFLINT_FAULT_CASE(setting, haproxy_server) {
  return {add_haproxy(fake), haproxy("server web/w1", "2")};
}

// ---- what is particular -------------------------------------------------------------------------
TEST(Setting, RunsInTheApiAgentOnlyOverHttp) {
  const FaultKind& kind = *find_fault("setting");
  EXPECT_EQ(kind.place(pool_params(R"("value": 1)")), Place::Api);
  EXPECT_EQ(kind.place(json(R"({"gunicorn": {}, "value": 1})")), Place::Host);
  EXPECT_FALSE(kind.wants_root(pool_params(R"("value": 1)")));
}

TEST(Setting, AShareRoundsDownToAtLeastOne) {
  const auto asked = [](const std::string& now, const std::string& value) {
    FakeHost fake;
    add_pool(fake);
    fake.world.outside["workers"] = now;
    Injection injection(fake, "setting",
                        {pool_member(fake), pool_params("\"value\": \"" + value + "\"")});
    EXPECT_TRUE(injection.observe());
    return to_json(*injection.saved().find("set"));
  };
  EXPECT_EQ(asked("7", "50% of current"), "3");
  EXPECT_EQ(asked("1", "50% of current"), "1");
  EXPECT_EQ(asked("10", "30% of current"), "3");
  EXPECT_EQ(asked("7", "200% of current"), "14");
}

TEST(Semantics34, TheSameValueIsLeftOutAndSaidSo) {
  FakeHost fake;
  add_pool(fake);
  Injection injection(fake, "setting", {pool_member(fake), pool_params(R"("value": 8)")});
  ASSERT_TRUE(injection.observe());
  EXPECT_EQ(injection.no_effect(), "the value is 8 already");
}

TEST(Semantics36, ASharedSettingIsRefusedUnlessThreeReadsAgree) {
  FakeHost fake;
  add_pool(fake);
  fake.on_http([turn = 0](FakeHost&, const HttpRequest&) mutable -> Result<HttpResponse> {
    return HttpResponse{.status = 200,
                        .body = ++turn == 3 ? R"({"workers":4})" : R"({"workers":8})"};
  });
  Injection injection(fake, "setting",
                      {pool_member(fake), pool_params(R"("value": 2, "shared": true)")});
  const auto seen = injection.observe();
  ASSERT_FALSE(seen);
  EXPECT_EQ(seen.error().cause, Cause::Conflict);
  EXPECT_EQ(fake.changes(), std::vector<std::string>{});
}

TEST(Setting, AnothersChangeIsLeftAsItIs) {
  FakeHost fake;
  add_pool(fake);
  Injection injection(fake, "setting", {pool_member(fake), pool_params(R"("value": 2)")});
  ASSERT_TRUE(injection.observe());
  ASSERT_TRUE(injection.inject());
  fake.world.outside["workers"] = "5";
  const auto undone = injection.restore();
  ASSERT_FALSE(undone);
  EXPECT_EQ(undone.error().cause, Cause::Conflict);
  EXPECT_TRUE(undone.error().message.ends_with(
      " was 8, was set to 2 and is 5 now: somebody else changed it, so it was left as it is; if it "
      "is still to be 8, put that back by hand"))
      << undone.error().message;
  EXPECT_TRUE(undone.error().message.starts_with("`workers` at http://")) << undone.error().message;
  EXPECT_EQ(fake.world.outside["workers"], "5");
  EXPECT_FALSE(injection.bite()->in_force);
}

TEST(Setting, AValueThatTheServiceBendsIsTakenBackAtOnce) {
  FakeHost fake;
  add_pool(fake);
  Injection injection(fake, "setting", {pool_member(fake), pool_params(R"("value": 100)")});
  ASSERT_TRUE(injection.observe());
  const auto done = injection.inject();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message,
            "the service was told 100 and made 64 of it; ask for a value that it accepts");
  EXPECT_EQ(fake.world.outside["workers"], "8");
}

TEST(Setting, WhenItsProcessIsGoneSoIsTheSetting) {
  FakeHost fake;
  add_pool(fake);
  Injection injection(fake, "setting", {pool_member(fake), pool_params(R"("value": 2)")});
  ASSERT_TRUE(injection.observe());
  ASSERT_TRUE(injection.inject());
  fake.on_http(nullptr);
  EXPECT_EQ(injection.restore().error().cause, Cause::Unreachable) << "it may come back";
  fake.exit_process(300);
  EXPECT_EQ(injection.restore().error().cause, Cause::Gone);
  EXPECT_TRUE(*injection.restored());
}

TEST(Setting, OtherLinesOfAFileChangedMeanwhileAreKept) {
  FakeHost fake;
  Injection injection(
      fake, "setting",
      {add_file_service(fake),
       json(R"({"file": {"path": "/etc/shop.conf", "key": "workers", "trusted": true},
                "value": 1})")});
  ASSERT_TRUE(injection.observe());
  ASSERT_TRUE(injection.inject());
  fake.world.files["/etc/shop.conf"].content += "new = line\n";
  ASSERT_TRUE(injection.restore());
  EXPECT_EQ(fake.world.files["/etc/shop.conf"].content,
            "# workers = 99\nname = shop  \nworkers = 8  # enough\r\n\nnew = line\n");
}

TEST(Setting, AChangedFileIsNoBiteWhileTheServiceWorksWithTheOldValue) {
  FakeHost fake;
  FaultTrial trial = gunflint_case_setting_file_and_command(fake);
  fake.on_command("shopctl", [](FakeHost& f, const Command& c) -> Result<Exit> {
    return Exit{0, c.argv.at(1) == "show" ? f.world.outside["works with"] + "\n" : "", ""};
  });
  fake.world.outside["works with"] = "8";
  Injection injection(fake, "setting", trial);
  ASSERT_TRUE(injection.observe());
  ASSERT_TRUE(injection.inject());
  const auto deaf = injection.bite();
  ASSERT_TRUE(deaf);
  EXPECT_FALSE(deaf->in_force);
  EXPECT_EQ(deaf->sentence,
            "reads 8, asked 1, before 8: the file was changed, and the service works with the old "
            "value");
  fake.world.outside["works with"] = "1";
  EXPECT_TRUE(injection.bite()->in_force);
  ASSERT_TRUE(injection.restore());
  EXPECT_FALSE(*injection.restored()) << "the service still works with 1";
  fake.world.outside["works with"] = "8";
  EXPECT_TRUE(*injection.restored());
}

TEST(Setting, WhereNobodyCouldSeeTheServiceTakeItThePlanSaysWhatToAdd) {
  const auto refused = [](FakeHost& fake, const std::string& rest) {
    Injection injection(
        fake, "setting",
        {add_file_service(fake),
         json(R"({"file": {"path": "/etc/shop.conf", "key": "workers", )" + rest + R"(},
                  "value": 1})")});
    const auto seen = injection.observe();
    return seen ? std::string("observed") : seen.error().message;
  };
  {
    FakeHost fake;
    add_file_service(fake);
    const auto children = fake.host().processes.descendants(300);
    ASSERT_TRUE(children);
    for (const ProcessInfo& child : *children) fake.exit_process(child.id.pid);
    Injection injection(fake, "setting",
                        {Member{.target = "web",
                                .id = "shop",
                                .label = "shop",
                                .pid = 300,
                                .start_time = fake.world.processes[300].info.id.start_time},
                         json(R"({"file": {"path": "/etc/shop.conf", "key": "workers",
                                  "reload": {"signal": "HUP"}}, "value": 1})")});
    const auto seen = injection.observe();
    ASSERT_FALSE(seen);
    EXPECT_EQ(seen.error().message,
              "shop[300] has no workers whose replacement would show that it has read "
              "/etc/shop.conf; change it by `file` with `read_back: [command, …]` that prints the "
              "value the service works with, or with `trusted: true`");
  }
  FakeHost other;
  other.on_command("wrong", [](FakeHost&, const Command&) { return Exit{0, "5\n", ""}; });
  EXPECT_EQ(refused(other, R"("read_back": ["wrong"])"),
            "`read_back` prints 5 while /etc/shop.conf says 8; reload the service first, or "
            "correct `read_back`");
}

TEST(Setting, ATrustedFileSaysThatNobodyLooked) {
  FakeHost fake;
  Injection injection(
      fake, "setting",
      {add_file_service(fake),
       json(R"({"file": {"path": "/etc/shop.conf", "key": "workers", "trusted": true},
                "value": 1})")});
  ASSERT_TRUE(injection.observe());
  ASSERT_TRUE(injection.inject());
  EXPECT_TRUE(injection.bite()->in_force);
  EXPECT_NE(injection.bite()->sentence.find("nobody looked at the service"), std::string::npos);
}

TEST(Setting, AFileThatTheServiceWouldRefuseIsPutBackAndNotReloaded) {
  FakeHost fake;
  FaultTrial trial = gunflint_case_setting_php_fpm(fake);
  trial.params.set("value", Value(1));
  Injection injection(fake, "setting", trial);
  const std::string before = fake.world.picture();
  ASSERT_TRUE(injection.observe());
  const auto done = injection.inject();
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().message.find("max_children must be at least start_servers"),
            std::string::npos);
  EXPECT_EQ(fake.world.picture(), before);
  for (const auto& change : fake.changes()) EXPECT_FALSE(change.starts_with("signal")) << change;
}

TEST(Setting, GunicornIsToldOneStepAtATime) {
  FakeHost fake;
  Injection injection(fake, "setting",
                      {add_gunicorn(fake, 4), json(R"({"gunicorn": {}, "value": 2})")});
  ASSERT_TRUE(injection.observe());
  ASSERT_TRUE(injection.inject());
  EXPECT_EQ(fake.changes(), (std::vector<std::string>{"signal 500 22", "signal 500 22"}));
}

TEST(Setting, APlanShowsTheWayThereAndBack) {
  const auto planned = [](FakeHost& fake, FaultTrial trial) {
    Injection injection(fake, "setting", std::move(trial));
    EXPECT_TRUE(injection.observe());
    fake.host().rehearsal = true;
    EXPECT_TRUE(injection.inject());
    EXPECT_TRUE(injection.restore());
    return fake.changes();
  };
  {
    FakeHost fake;
    EXPECT_EQ(planned(fake, {add_gunicorn(fake, 4), json(R"({"gunicorn": {}, "value": 2})")}),
              (std::vector<std::string>{"signal 500 22", "signal 500 22", "signal 500 21",
                                        "signal 500 21"}));
  }
  FakeHost fake;
  add_pool(fake);
  EXPECT_EQ(planned(fake, {pool_member(fake), pool_params(R"("value": 2)")}),
            (std::vector<std::string>{R"(POST http://127.0.0.1:8080/admin/pool {"workers":2})",
                                      R"(POST http://127.0.0.1:8080/admin/pool {"workers":8})"}));
}

TEST(Setting, TheMasterIsFoundFromAWorker) {
  FakeHost fake;
  const Member master = add_gunicorn(fake, 3);
  Member worker = master;
  worker.pid = fake.fork(500);
  worker.start_time = fake.world.processes[worker.pid].info.id.start_time;
  Injection injection(fake, "setting", {worker, json(R"({"gunicorn": {}, "value": 2})")});
  ASSERT_TRUE(injection.observe());
  EXPECT_EQ(to_json(*injection.saved().find("old")), "4");
}

TEST(Setting, MistakesAreToldBeforeAnythingRuns) {
  const auto told = [](std::string_view params) {
    Reader reader;
    find_fault("setting")->check(json(params), reader);
    return reader.problems().empty() ? "" : reader.problems()[0].sentence;
  };
  EXPECT_EQ(told(R"({"value": 1})"), "it does not say where the setting is");
  EXPECT_EQ(told(R"({"value": 1, "gunicorn": {}, "nginx": {"setting": "x"}})"),
            "it says more than one way to the setting");
  EXPECT_EQ(told(R"({"value": 1, "gunicorn": {}, "shared": true})"),
            "`shared` is about a setting over HTTP");
  EXPECT_EQ(told(R"({"value": 1, "file": {"path": "/x"}})"), "`file` needs either `key` or `line`");
  EXPECT_EQ(told(R"({"value": "50 of current", "gunicorn": {}})"), "`50` has no unit");
  const std::string unseen = "nobody would see whether the service takes what the file says";
  EXPECT_EQ(told(R"({"value": 1, "file": {"path": "/x", "key": "k"}})"), unseen);
  EXPECT_EQ(told(R"({"value": 1, "file": {"path": "/x", "key": "k", "reload": {"exec": ["r"]}}})"),
            unseen);
  EXPECT_EQ(told(R"({"value": 1, "file": {"path": "/x", "key": "k", "trusted": true}})"), "");
  EXPECT_EQ(told(R"({"value": 1, "file": {"path": "/x", "key": "k", "trusted": true,
                                          "read_back": ["r"]}})"),
            "`read_back` looks, and `trusted` says that nobody does");
}

}  // namespace
}  // namespace gunflint
