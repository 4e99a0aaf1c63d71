#include "cli/values.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace gunflint {
namespace {

constexpr std::array durations{
    Spelling{"400ms", "milliseconds; also `us` and `ns`"},
    Spelling{"30s", "seconds, also `30sec`; fractions are fine: `1.5s`"},
    Spelling{"5m", "minutes, also `5min`"},
    Spelling{"2h, 1d", "hours, days; a year at most"},
    Spelling{"1m30s", "their sum, with blanks or without"},
};
constexpr std::array rates{
    Spelling{"50/s", "fifty per second; also `50rps`"},
    Spelling{"100/min", "a hundred per minute; also `100/m`"},
    Spelling{"3600/h", "per hour"},
};
constexpr std::array shares{
    Spelling{"90%", "always with the sign: `0.9` is refused, because nobody knows what it means"},
    Spelling{"0.5%", "half of one percent"},
};
constexpr std::array sizes{
    Spelling{"512MiB", "powers of 1024: `KiB`, `MiB`, `GiB`, `TiB`"},
    Spelling{"10MB", "powers of 1000: `kB`, `MB`, `GB`, `TB`"},
    Spelling{"100B", "bytes"},
};
constexpr std::array conditions{
    Spelling{"p95 < 400ms", "below; also `<=`"},
    Spelling{"completion_rate > 99%", "above; also `>=`"},
    Spelling{"ready == 3", "the same, also `=`; `!=`: not the same"},
    Spelling{"value between 2 and 4", "both ends included"},
    Spelling{"status == 2xx", "200 to 299"},
    Spelling{"body contains ok", "for texts; `body == ok` compares the whole text"},
    Spelling{"ready == desired", "with another metric of the same source"},
    Spelling{"p95 < 120% of baseline", "with the same value before the first fault"},
};
constexpr std::array picks{
    Spelling{"{ count: 1 }", "one member, which is the default"},
    Spelling{"{ share: 50% }", "of the ready members; rounds down, to at least 1"},
    Spelling{"all", "every ready member"},
    Spelling{"{ count: 1, where: web-2 }", "only members whose label or address holds this text"},
    Spelling{"{ count: 1, order: oldest }",
             "`random` (default: the run's seed draws), `oldest`, "
             "`youngest`"},
};
constexpr std::array members{
    Spelling{"${member.host}",
             "the address that it listens on, `127.0.0.1` when it listens on all"},
    Spelling{"${member.port}", "the lowest TCP port that it listens on"},
    Spelling{"${member.pid}", "its process id"},
    Spelling{"${member.label}", "what reports call it: `nginx[4711]`"},
    Spelling{"${member.id}", "its identity: `pid:4711@83920` (pid and start time)"},
    Spelling{"${member.NAME}", "what the target says under `with: { NAME: … }`"},
};
constexpr std::array variables{
    Spelling{"${name}",
             "of `vars`; `--set name=value` wins, then the environment's "
             "`GUNFLINT_VAR_NAME`, then the file"},
    Spelling{"${env:HOME}", "a variable of the environment; without it the file is refused"},
    Spelling{"${secret:shop}",
             "`GUNFLINT_SECRET_SHOP`, or systemd's credential `shop`; journals "
             "and reports show its name only"},
    Spelling{"${member.host}", "of the member that is meant: `gunflint explain member`"},
    Spelling{"${item}", "in a step: what `extract: { item: … }` of an earlier step found"},
};
constexpr std::array starts{
    Spelling{"at: 30s", "a time since the load began"},
    Spelling{"at: surge", "the start of a stage or of another fault"},
    Spelling{"after: surge", "its end"},
    Spelling{"while: surge", "from its start to its end, without `for`; `[climb, surge]`: both"},
    Spelling{"after_recovery: lose one", "when the system has recovered from that fault"},
    Spelling{"plus: 10s", "beside one of these: so much later"},
};
constexpr std::array windows{
    Spelling{"window: 10s", "the last ten seconds, looked at every second (the default)"},
    Spelling{"window: phase", "one verdict for each whole phase; it needs 60 s of it"},
};
constexpr std::array guards{
    Spelling{"when: error_rate > 25%", "a condition, of any source that a hypothesis may have"},
    Spelling{"for: 15s", "it must be true for this long; absent: at once"},
    Spelling{"no_data: ignore",
             "a guard that sees nothing does not stop the run; otherwise it does"},
};

constexpr std::array words{
    ValueWord{"duration", " time length durations ",
              "A length of time. It always carries its unit, and is never negative.", durations,
              "gate: 1m30s\n"},
    ValueWord{"rate", " rates ", "How often something happens. It always carries its unit.", rates,
              "load:\n  shoppers:\n    base_url: http://127.0.0.1:8080\n    stages: [ { name: "
              "normal, rate: 50/s, for: 1m } ]\n    requests: [ { get: / } ]\n"},
    ValueWord{"share", " percent percentage shares ", "A part of a whole, in percent.", shares,
              "blast_radius: { max_share: 50% }\n"},
    ValueWord{"size", " bytes sizes ", "A number of bytes. It always carries its unit.", sizes,
              "steady_state:\n  - { name: small, exec: [ /srv/shop/memory ], expect: value < "
              "512MiB }\n"},
    ValueWord{
        "condition", " expect comparison operator operators conditions ",
        "One comparison: a metric, an operator, a limit. `gunflint list metrics` has the metrics "
        "of each source; the limit has the unit of the metric: latencies a duration, `_rate` "
        "metrics a share, `arrival_rate`, `sent_rate` and `throughput` a rate, counts a number. "
        "A second comparison is a second entry.",
        conditions, "steady_state:\n  - { name: fast, load: shoppers, expect: p95 < 400ms }\n"},
    ValueWord{
        "baseline",
        " \"of baseline\" of_baseline ",
        "What a value was before the first fault: in the longest stretch of constant rate, without "
        "its first 10 s, or in the stage that `baseline:` of the load names. `p95 < 120% of "
        "baseline` allows a fifth more. It needs 60 s, and is judged once per phase.",
        {},
        "steady_state:\n  - { name: as before, load: shoppers, expect: p95 < 120% of baseline, "
        "during: after }\n"},
    ValueWord{
        "red from",
        " red_from red chance ",
        "How many bad requests make a window red. A window is red when its value is beyond the "
        "limit, and so many bad requests would happen by chance less than once in 100 windows of a "
        "system that just keeps the limit. Of 40 requests under `error_rate < 5%`, 2 are allowed "
        "on the average, and chance alone brings up to 6: `red from 7 failed of 40`. 3 to 6 are "
        "beyond 5 %, stay green, and are told as `could be chance`. With more requests the two "
        "come closer: red from 32 of 400 (8 %), from 124 of 2000 (6.2 %). If that is too "
        "lenient: a longer `window`, more traffic, or a lower limit. `gunflint plan` says for "
        "every hypothesis from how many it is red.",
        {},
        "steady_state:\n  - { name: correct, load: shoppers, expect: error_rate < 5%, window: 30s "
        "}\n"},
    ValueWord{"window", " windows ",
              "The stretch of time that a hypothesis is judged over. It begins anew when a phase "
              "begins and when a `grace` ends, and is unknown until it is full.",
              windows,
              "steady_state:\n  - { name: fast, load: shoppers, expect: p95 < 400ms, window: 30s "
              "}\n"},
    ValueWord{"pick", " picks ", "Which members of its target a fault takes.", picks,
              "- { type: pause, target: web, at: surge, for: 10s, pick: { share: 50% } }\n"},
    ValueWord{
        "member", " members ${member} ${member.} ",
        "One instance of a target: a process, or the host when the target selects none. A server "
        "that forks workers (nginx, gunicorn, php-fpm) is one member, workers included: to lose "
        "one "
        "of several, run several instances. What "
        "it is called stands in texts of `targets` (`ready`) and in a fault's own fields.",
        members,
        "targets:\n  web:\n    local: { process: nginx }\n    ready: { http: "
        "\"http://${member.host}:${member.port}/health\" }\n"},
    ValueWord{"variable", " variables ${name} var ",
              "A value with a name. A text that holds one is best quoted. A variable does not use "
              "another one.",
              variables,
              "vars: { normal: 50/s }\nload:\n  shoppers:\n    base_url: "
              "http://127.0.0.1:8080\n    stages: [ { name: normal, rate: \"${normal}\", for: 1m } "
              "]\n    requests: [ { get: / } ]\n"},
    ValueWord{"start", " starts when ",
              "When a fault begins: exactly one of the first five. A single fault may have none: "
              "it begins when the gate has passed.",
              starts, "- { type: pause, target: web, at: surge, plus: 10s, for: 5s }\n"},
    ValueWord{"guard", " guards ",
              "An entry of `abort`: when it trips, the load stops, everything is undone, and the "
              "exit is 4.",
              guards, "abort:\n  - { load: shoppers, when: error_rate > 25%, for: 15s }\n"},
};

std::string title(const ValueWord& word) {
  std::string text(word.name);
  text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

}  // namespace

std::span<const ValueWord> value_words() { return words; }

const ValueWord* find_value_word(std::string_view word) {
  const std::string between = fmt::format(" {} ", word);
  const auto found = std::find_if(words.begin(), words.end(), [&](const ValueWord& w) {
    return w.name == word || w.also.find(between) != w.also.npos;
  });
  return found == words.end() ? nullptr : &*found;
}

std::string value_text(const ValueWord& word) {
  std::string out = fmt::format("{}: {}\n", word.name, word.what);
  std::size_t width = 0;
  for (const Spelling& s : word.spellings) width = std::max(width, s.text.size());
  for (const Spelling& s : word.spellings)
    out += fmt::format("  {:<{}}  {}\n", s.text, width, s.meaning);
  return out + "For example:\n" + std::string(word.example);
}

std::string values_section() {
  std::string out =
      "## Values\n\nWhat the column `value` of the tables below means; `gunflint explain duration` "
      "says the same.\n\n";
  for (const ValueWord& word : words) {
    out += fmt::format("### {}\n\n{}\n\n", title(word), word.what);
    if (!word.spellings.empty()) {
      out += "| written | means |\n|---|---|\n";
      for (const Spelling& s : word.spellings)
        out += fmt::format("| `{}` | {} |\n", s.text, s.meaning);
      out += "\n";
    }
    out += fmt::format("```yaml\n{}```\n\n", word.example);
  }
  return out;
}

}  // namespace gunflint
