#pragma once
// A victim, experiments on it, and `gunflint` with a ledger folder of its own.

#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <unistd.h>

#include "support/lab.hpp"

namespace gunflint::lab {

using namespace std::chrono_literals;

/// A process that only waits, found by its pid file.
struct Victim {
  explicit Victim(Lab& lab, const std::string& name = "victim")
      : pid(lab.start(name, {"sleep", "300"})),
        pid_file(lab.write(name + ".pid", std::to_string(pid) + "\n")) {}
  char state() const {
    std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
    std::string text((std::istreambuf_iterator<char>(in)), {});
    const auto at = text.rfind(") ");
    return at == text.npos ? '?' : text[at + 2];
  }
  bool waits_for(char wanted, std::chrono::milliseconds limit = 10s) const {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (state() != wanted && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(20ms);
    return state() == wanted;
  }
  pid_t pid;
  std::string pid_file;
};

/// One fault on the victim, nothing else. `fault`: the lines of its own fields.
inline std::string experiment_on(const Victim& victim, const std::string& type,
                                 const std::string& fault) {
  return "version: 1\nname: hand\ntargets:\n  it: { local: { pid_file: " + victim.pid_file +
         " } }\nfaults:\n  - type: " + type + "\n    target: it\n" + fault +
         "blast_radius: { keep_ready: 0 }\n";
}

inline std::map<std::string, std::string> state_of(const Lab& lab) {
  return {{"XDG_STATE_HOME", lab.path("state")}};
}

/// The only run below `out`, once its journal is there.
inline std::string run_folder(const std::string& out, std::chrono::milliseconds limit = 10s) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (std::chrono::steady_clock::now() < end) {
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(out, none))
      if (std::filesystem::exists(entry.path() / "journal.jsonl")) return entry.path().string();
    std::this_thread::sleep_for(20ms);
  }
  return {};
}

inline std::string text_of(const std::string& path) {
  std::ifstream in(path);
  return std::string((std::istreambuf_iterator<char>(in)), {});
}

inline bool journal_has(const std::string& run, const std::string& kind,
                        std::chrono::milliseconds limit = 15s) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (std::chrono::steady_clock::now() < end) {
    if (text_of(run + "/journal.jsonl").find("\"kind\":\"" + kind + "\"") != std::string::npos)
      return true;
    std::this_thread::sleep_for(20ms);
  }
  return false;
}

}  // namespace gunflint::lab
