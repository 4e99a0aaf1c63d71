#include "cli/options_load.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "gunflint/base/problem.hpp"
#include "model/words.hpp"

namespace gunflint {
namespace {

/// Adds an option to a group of the help; `type` is what stands behind its name.
class OptionGroup {
 public:
  OptionGroup(CLI::App& app, const char* name) : app_(app), name_(name) {}
  template <class T>
  CLI::Option* option(const char* flags, T& to, const char* type, const char* help) {
    return app_.add_option(flags, to, help)->type_name(type)->group(name_);
  }
  CLI::Option* several(const char* flags, std::vector<std::string>& to, const char* type,
                       const char* help) {
    return option(flags, to, type, help)->allow_extra_args(false)->type_size(1);
  }
  CLI::Option* flag(const char* flags, bool& to, const char* help) {
    return app_.add_flag(flags, to, help)->group(name_);
  }
  CLI::Option* one_of(const char* flags, std::string& to, std::vector<std::string> known,
                      const char* help) {
    std::string type;
    for (const auto& word : known) type += (type.empty() ? "" : "|") + word;
    return app_.add_option(flags, to, help)
        ->group(name_)
        ->check(CLI::IsMember(known).description(""))
        ->type_name(type);
  }

 private:
  CLI::App& app_;
  const char* name_;
};

/// Many options: names in a column, groups one line apart, no dots behind what may be repeated (the
/// help says so).
class WideFormatter : public CLI::Formatter {
 public:
  WideFormatter() { column_width(38); }
  std::string make_option_opts(const CLI::Option* option) const override {
    const std::string type = option->get_type_name();
    return type.empty() ? "" : " " + type;
  }
  std::string make_group(std::string group, bool positional,
                         std::vector<const CLI::Option*> options) const override {
    const std::string text = Formatter::make_group(group, positional, options);
    // One empty line stands between groups already.
    return positional || group == "Options" ? text : text.substr(text.find_first_not_of('\n'));
  }
};

void declare_schedule(CLI::App& c, LoadOptions& o) {
  OptionGroup g(c, "How much, and when (arrivals wait for nobody: a slow answer delays no other)");
  g.option("-r,-q,--rate", o.rate, "RATE",
           "Requests due, of all connections: 500/s, or 500 [100/s]");
  g.option("-z,--for", o.length, "TIME", "How long: 10s, 1m30s [10s]");
  g.option("--users", o.users, "N", "Closed loop instead: N users, each sends when answered")
      ->check(CLI::Range(1, 1000000).description(""));
  g.option("--think", o.think, "TIME", "--users: pause after each answer: 1s, or 1s..3s [none]");
  g.option("-n,--requests", o.requests, "N", "So many, then the end; needs no --for")
      ->check(CLI::Range(1, 1000000000).description(""));
  g.several("--stages", o.stages, "LIST", "'100/s:30s, ramp 400/s:1m, users 64:10s'; repeatable");
  g.option("--warm-up", o.warm_up, "TIME",
           "Sent before --for begins (of --stages: first), not counted");
  g.one_of("--arrivals", o.arrivals, {"uniform", "poisson", "bursty"},
           "Even, as independent users, or in bursts [uniform]");
  g.option("--burst", o.burst, "N", "--arrivals bursty: so many at one moment [10]")
      ->check(CLI::Range(1, 100000).description(""));
  g.option("--replay", o.replay, "FILE", "The GET and HEAD lines of an access log, as recorded");
  g.option("--speed", o.speed, "X", "--replay: so many times as fast as recorded [1]");
  g.option("--seed", o.seed, "N", "Of every draw [1]");
}

void declare_request(CLI::App& c, LoadOptions& o) {
  OptionGroup g(c, "The request");
  g.option("-X,-m,--method", o.method, "WORD",
           "GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS [GET, or POST with a body]");
  g.several("-H,--header", o.headers, "LINE", "'Name: value'; repeatable");
  g.option("-d,--data", o.data, "TEXT", "The body; @file is a file's content");
  g.option("--json-body", o.json_body, "TEXT",
           "The same, checked, with Content-Type application/json");
  g.option("-a,--auth", o.auth, "USER:PASSWORD", "Basic authentication");
  g.option("--bearer", o.bearer, "TOKEN", "Authorization: Bearer TOKEN; @file is a file's content");
  g.several("--data-file", o.data_files, "NAME=FILE[:ORDER]",
            "Rows for ${NAME.column}; sequential, random or unique");
  g.option("--timeout", o.timeout, "TIME", "From the due time to the complete answer [10s]");
  g.flag("--trace", o.trace, "A traceparent header on every request");
}

void declare_checks(CLI::App& c, LoadOptions& o) {
  OptionGroup g(c, "What is right");
  g.several("--expect", o.expect, "CONDITION",
            "'p99 < 400ms', 'STEP error_rate < 1%'; repeatable; else exit 1");
  g.several("--check-status", o.check_status, "STATUS", "200, 2xx, 200..204 [below 400]")
      ->delimiter(',');
  g.several("--check-body", o.check_body, "TEXT", "What the body must hold; repeatable");
  g.option("--retries", o.retries, "N", "Further attempts after a failure [0]")
      ->check(CLI::Range(0, 20).description(""));
  g.option("--backoff", o.backoff, "TIME",
           "--retries: pause drawn up to this, then doubled: 100ms..2s");
  g.option("--retry-budget", o.retry_budget, "SHARE", "--retries: at most this share again: 10%");
}

void declare_connections(CLI::App& c, LoadOptions& o) {
  OptionGroup g(c, "Connections");
  g.option("-c,--connections", o.connections, "N", "Most at once [1000]")
      ->check(CLI::Range(1, 1000000).description(""));
  g.one_of("--http", o.http, {"auto", "1.1", "2"}, "[auto: 2 where https offers it]");
  g.option("--streams", o.streams, "N", "HTTP/2: most requests at once on one [100]")
      ->check(CLI::Range(1, 10000).description(""));
  g.flag("--no-keep-alive,--disable-keepalive", o.no_keep_alive, "Each request opens its own");
  g.option("--requests-per-connection", o.requests_per_connection, "N", "Then it is opened anew")
      ->check(CLI::Range(1, 1000000000).description(""));
  g.option("--redirects", o.redirects, "N", "Followed at most [0]")
      ->check(CLI::Range(0, 20).description(""));
  g.flag("--compression", o.compression, "Ask for gzip");
  g.option("--connect-timeout", o.connect_timeout, "TIME", "For opening one [--timeout]");
  g.option("--source-address", o.source_address, "ADDRESS", "Where they come from");
  g.option("--unix-socket", o.unix_socket, "PATH", "All go there");
  g.several("--resolve", o.resolve, "HOST=ADDRESS", "Instead of asking; repeatable");
  g.option("--lookup-every", o.lookup_every, "TIME", "Names are looked up again [once]");
  g.one_of("--transport", o.transport, {"native", "libcurl"},
           "libcurl is slower, and knows proxies");
  g.option("-x,--proxy", o.proxy, "URL", "http://host:port; with --transport libcurl");
}

void declare_tls(CLI::App& c, LoadOptions& o) {
  OptionGroup g(c, "TLS");
  g.flag("-k,--insecure", o.insecure, "Believe any certificate");
  g.option("--cacert", o.cacert, "FILE", "PEM: who is believed, instead of the system's");
  g.option("--cert", o.cert, "FILE", "PEM: who we are; with --key");
  g.option("--key", o.key, "FILE", "PEM: the key of --cert");
  g.option("--server-name", o.server_name, "NAME", "Asked for and verified instead of the host");
  g.one_of("--tls-min", o.tls_min, {"1.2", "1.3"}, "The oldest version that will do");
  g.one_of("--tls-max", o.tls_max, {"1.2", "1.3"}, "The newest version to offer");
  g.flag("--no-session-resumption", o.no_session_resumption,
         "Every connection shakes hands in full");
}

void declare_generator(CLI::App& c, LoadOptions& o) {
  OptionGroup g(c, "The generator");
  g.option("--max-in-flight", o.max_in_flight, "N", "Most requests at once; beyond it:")
      ->check(CLI::Range(1, 100000000).description(""));
  g.one_of("--on-overload", o.on_overload, {"queue", "drop", "abort"}, "[queue]; abort: exit 4");
  g.one_of("--pacing", o.pacing, {"timer", "precise"}, "precise spins for the last 50 us [timer]");
  g.option("--loops", o.loops, "N", "Threads [one per two cores]")
      ->check(CLI::Range(0, 1024).description(""));
}

void declare_outputs(CLI::App& c, LoadOptions& o) {
  OptionGroup g(c, "What comes out (the summary on stdout, the live screen on stderr)");
  g.flag("-j,--json", o.json, "The summary as one JSON document");
  g.option("--csv", o.csv, "FILE", "One row per second and step");
  g.option("--hdr", o.hdr, "FILE", "An HdrHistogram log, one interval per second and step");
  g.option("--metrics", o.metrics, "[ADDRESS:]PORT", "Serve /metrics for Prometheus meanwhile");
  g.flag("--quiet,--no-tui", o.quiet, "No live screen");
}

/// Options of other tools whose words no experiment file has.
constexpr std::array option_words{
    OtherWord{"wrk", "t", "", "--loops for its threads; hey's time limit is --timeout"},
    OtherWord{"wrk", "threads", "", "--loops; for users who wait for their answers, --users"},
    OtherWord{"vegeta", "workers", "", "--loops for threads, or --users for users who wait"},
    OtherWord{"vegeta", "max_workers", "", "--max-in-flight"},
    OtherWord{"vegeta", "targets", "", "a URL, or an experiment file (gunflint init)"},
    OtherWord{"vegeta", "body", "", "--data @FILE"},
    OtherWord{"vegeta", "output", "", "--json, --csv or --hdr"},
    OtherWord{"hey and oha", "o", "", "--json, --csv or --hdr"},
    OtherWord{"wrk2", "R", "", "--rate"},
    OtherWord{"wrk", "latency", "", "nothing: latencies are always shown"},
    OtherWord{"wrk", "L", "", "nothing: latencies are always shown"},
    OtherWord{"wrk", "s", "", "an experiment file (gunflint init)"},
    OtherWord{"hey", "T", "", "--header 'Content-Type: …'"},
    OtherWord{"hey", "D", "", "--data @FILE"},
    OtherWord{"hey", "A", "", "--header 'Accept: …'"},
    OtherWord{"k6", "u", "", "--users"},
    OtherWord{"k6", "i", "", "--requests"},
    OtherWord{"k6", "iterations", "", "--requests"},
    OtherWord{"", "qps", "", "--rate"},
};

/// Keys whose option has another name.
constexpr std::array<std::array<std::string_view, 2>, 10> options_of_keys{{
    {"ca", "cacert"},
    {"verify", "insecure"},
    {"version", "http"},
    {"keep_alive", "no-keep-alive"},
    {"steady_state", "expect"},
    {"ramp_to", "stages"},
    {"data", "data-file"},
    {"check", "check-status"},
    {"min_version", "tls-min"},
    {"headers", "header"},
}};

/// The option of the first of `a|b|c` that has one, or nothing.
std::string option_of(std::string_view keys, std::span<const std::string> known) {
  while (!keys.empty()) {
    const auto bar = keys.find('|');
    const std::string_view key = keys.substr(0, bar);
    std::string name(key);
    for (const auto& [of, option] : options_of_keys)
      if (of == key) name = option;
    std::replace(name.begin(), name.end(), '_', '-');
    if (std::find(known.begin(), known.end(), name) != known.end()) return "--" + name;
    keys = bar == keys.npos ? std::string_view() : keys.substr(bar + 1);
  }
  return {};
}

/// `--duration=5s` -> `duration`
std::string bare_word(const std::string& word) {
  const auto begin = std::min(word.find_first_not_of('-'), word.size());
  return word.substr(begin, word.find('=') == word.npos ? word.npos : word.find('=') - begin);
}

std::string here_it_is(const OtherWord& row, const std::string& word, const std::string& here) {
  const std::string dashed = word.substr(0, word.find('='));
  return row.tool.empty()
             ? fmt::format("`{}` is here {}", dashed, here)
             : fmt::format("`{}` is a word of {}: here it is {}", dashed, row.tool, here);
}

}  // namespace

std::string meant_option(const std::string& word, std::span<const std::string> known) {
  const std::string bare = bare_word(word);
  for (const OtherWord& row : option_words)
    if (row.word == bare || (bare.size() > 1 && row.word == folded(bare)))
      return here_it_is(row, word, std::string(row.elsewhere));
  const std::string plain = folded(bare);
  for (const OtherWord& row : other_words())
    if (row.word == plain)
      if (const auto option = option_of(row.instead, known); !option.empty())
        return here_it_is(row, word, option);
  // One letter is near to everything.
  const std::string near = bare.size() < 2 ? "" : nearest(bare, known);
  return near.empty() ? "" : fmt::format("did you mean --{}?", near);
}

std::string go_flag(const std::string& word, std::span<const std::string> known) {
  if (word.size() < 4 || word[0] != '-' || word[1] == '-') return {};
  const std::string bare = bare_word(word);
  if (bare.size() < 3) return {};
  if (std::find(known.begin(), known.end(), bare) != known.end())
    return fmt::format("`{}` has two dashes here: write -{}", word, word);
  const bool others =
      find_word(option_words, bare) != nullptr || find_word(other_words(), bare) != nullptr;
  return others ? meant_option(word, known) : "";
}

void declare_load(CLI::App& c, LoadOptions& o) {
  c.add_option("target", o.target, "http[s]://host[:port]/path, or an experiment file (.yaml)")
      ->required()
      ->type_name("URL|FILE");
  OptionGroup file(c, "An experiment file: its loads, without its faults");
  file.option("--only", o.only, "NAME", "One of its loads");
  file.several("--set", o.file.set, "NAME=VALUE", "Give a variable a value; repeatable");
  declare_schedule(c, o);
  declare_request(c, o);
  declare_checks(c, o);
  declare_connections(c, o);
  declare_tls(c, o);
  declare_generator(c, o);
  declare_outputs(c, o);
  c.footer(
      "Examples:\n"
      "  gunflint load http://shop:8080/items --rate 200/s --for 1m\n"
      "  gunflint load https://shop/api --stages '50/s:30s, ramp 400/s:2m, 400/s:1m' \\\n"
      "      --expect 'p99 < 400ms' --expect 'error_rate < 1%'     # CI: exit 1 when broken\n"
      "  gunflint load checkout.yaml --only shoppers --csv seconds.csv --hdr latency.hlog\n"
      "\n"
      "Exit codes: 0 held, 1 failed (or nothing was answered rightly), 2 a wrong command line or "
      "file, or\n  a target that cannot be, 4 aborted by --on-overload, 6 tool error, 7 "
      "inconclusive (the "
      "generator was\n  the limit), 130 stopped by Ctrl-C, 143 by SIGTERM.\n");
  c.formatter(std::make_shared<WideFormatter>());
}

}  // namespace gunflint
