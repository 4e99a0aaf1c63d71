#pragma once
/// Files that are sent to keep the reader busy: each with the code of the refusal it gets. The unit
/// test asserts the code, `attack_files` in tests/bench prints how long each takes.

#include <string>
#include <vector>

namespace gunflint {

struct AttackFile {
  const char* name;
  const char* code;  ///< of the first problem
  std::string text;
};

inline std::string repeated(const std::string& text, int n) {
  std::string out;
  out.reserve(text.size() * static_cast<std::size_t>(n));
  for (int i = 0; i < n; ++i) out += text;
  return out;
}

inline std::string numbered(const std::string& before, const std::string& after, int n) {
  std::string out;
  for (int i = 0; i < n; ++i) out += before + std::to_string(i) + after;
  return out;
}

/// Valid but for its last lines: everything must be read before anything can be said.
inline std::string header() { return "version: 1\nname: x\n"; }

inline std::vector<AttackFile> attack_files() {
  return {
      {"2 MiB", "E002", std::string(2 << 20, 'a')},
      {"one line of 1 MiB", "E002",
       header() + "description: \"" + repeated("é", 500000) + "\"\nx: 1\n"},
      {"brackets", "E002", repeated("[", 1 << 20)},
      {"brackets on lines", "E002", repeated("[\n", 1 << 19)},
      {"braces", "E002", repeated("{a: ", 1 << 18)},
      {"braces on lines", "E002", repeated("{a:\n", 1 << 18)},
      {"list in list", "E002", repeated("- ", 1 << 19)},
      {"list in list, 60 KiB", "E002", repeated("- ", 30000)},
      {"lines", "E002", "a:\n" + repeated("- x\n", 200000)},
      {"nodes", "E002", "a:\n" + repeated("- x\n", 19000)},
      {"nodes in brackets", "E002", "a: [" + repeated(repeated("x,", 1000) + "\n", 500) + "]"},
      {"empty nodes", "E002", "a:\n" + repeated("-\n", 19000)},
      {"keys", "E002", numbered("k", ": 1\n", 19000)},
      {"unknown keys", "E102", header() + numbered("k", ": 1\n", 4900)},
      {"unknown long keys", "E102", header() + numbered(repeated("steady_state", 5), ": 1\n", 600)},
      {"unknown keys in a fault", "E103",
       header() + "faults:\n- type: kill\n" + numbered("  k", ": 1\n", 4800)},
      {"wrong faults", "E101", header() + "faults:\n" + repeated("- x\n", 9900)},
      {"duplicate keys", "E004", "version: 1\n" + repeated("a: 1\n", 4900)},
      {"billion laughs", "E005", "a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n"},
      {"aliases", "E005", "a: [" + repeated("*x,\n", 19000) + "]"},
      {"anchors", "E005", numbered("- &a", " x\n", 19000)},
      {"variables that grow", "E002",
       header() + "vars: { a: \"" + repeated("x", 60000) + "\" }\ntags:\n" +
           repeated("- \"${a}${a}${a}${a}\"\n", 900)},
      {"question marks", "E009", repeated("? ", 30000)},
      {"question marks on lines", "E004", repeated("?\n", 19000)},
      {"open quotes", "E003", "a: " + repeated("'", 60001)},
      {"quotes on lines", "E003", "a: " + repeated("'\n", 19001)},
      {"comments", "E002", repeated("#\n", 1 << 19)},
      {"indents", "E008",
       [] {
         std::string out;
         for (int i = 1400; i > 0; --i)
           out += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
         return out;
       }()},
      {"keys that go deeper", "E002",
       [] {
         std::string out;
         for (int i = 0; i < 1400; ++i)
           out += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
         return out;
       }()},
      {"documents", "E008", repeated("---\n", 19000)},
      {"directives", "E001", repeated("%X\n", 19000)},
      {"tags", "E007", repeated("- !x y\n", 19000)},
  };
}

/// As much as the limits allow, and wrong only at the end: yaml-cpp reads every byte of it, which
/// is linear and takes it about 0.1 µs per byte of text and 0.3 µs per byte of keys.
inline std::vector<AttackFile> largest_files() {
  return {
      {"a text of 1 MiB", "E102",
       header() + "description: |\n" + repeated("  " + repeated("é", 38) + "\n", 12000) + "x: 1\n"},
      {"keys of 1 MiB", "E102", header() + numbered(repeated("steady_state", 17), ": 1\n", 4900)},
      {"spaces of 1 MiB", "E001", repeated(std::string(1000, ' ') + "\n", 1000)},
  };
}

}  // namespace gunflint
