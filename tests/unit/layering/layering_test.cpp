// The floors of docs/architecture.md, read from the #include lines: a file includes its own room
// and floors below it; a third-party library is included by the files named here and by no others.
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace gunflint {
namespace {

namespace fs = std::filesystem;

const std::map<std::string, int> floors{
    {"base", 0},   {"model", 1},  {"verdict", 2}, {"host", 2},   {"concepts", 2},
    {"faults", 3}, {"target", 3}, {"probe", 3},   {"load", 3},   {"holder", 3},
    {"agent", 3},  {"engine", 4}, {"report", 5},  {"daemon", 5}, {"cli", 6},
};

/// Public headers and sources of one name are one room: include/gunflint/host and framework/host.
std::string room_of(const std::string& path) {
  for (const std::string prefix : {"include/gunflint/", "framework/"})
    if (path.starts_with(prefix)) {
      const auto rest = path.substr(prefix.size());
      return rest.substr(0, rest.find('/'));
    }
  if (path.starts_with("faults/")) return "faults";
  return {};
}

bool may_include(const std::string& from, const std::string& to) {
  if (from == to) return true;
  // The shapes of faults, probes and targets are written in terms of the ports.
  if (from == "concepts" && to == "host") return true;
  return floors.at(to) < floors.at(from);
}

/// Header prefix -> the files that may include it.
const std::map<std::string, std::vector<std::string>> libraries{
    {"nlohmann/", {"framework/base/json.cpp"}},
    {"fmt/format-inl.h", {"framework/base/fmt.cpp"}},
    {"yaml-cpp/", {"framework/model/yaml.cpp"}},
    {"re2/", {"framework/model/pattern.cpp"}},
    {"boost/", {"framework/host/launch.cpp"}},
    // Two jobs: requests of ours, and those of a load.
    {"curl/", {"framework/host/http_curl.cpp", "framework/load/curl_wire.cpp"}},
    {"openssl/", {"framework/load/tls.cpp"}},
    {"nghttp2/", {"framework/load/http2.cpp"}},
    // The options of `gunflint load` are as many as those of all other commands together.
    {"CLI/", {"framework/cli/options.cpp", "framework/cli/options_load.cpp"}},
    {"prometheus/", {"framework/report/metrics.cpp"}},
    {"zlib.h", {"framework/load/inflate.cpp", "framework/load/deflate.cpp"}},
    {"regex", {}},
};

struct Include {
  std::string file, header;
  int line;
};

std::vector<Include> all_includes() {
  std::vector<Include> found;
  const fs::path top(GUNFLINT_SOURCE_DIR);
  for (const char* folder : {"include", "framework", "faults"})
    for (const auto& entry : fs::recursive_directory_iterator(top / folder)) {
      const auto extension = entry.path().extension();
      if (extension != ".cpp" && extension != ".hpp") continue;
      std::ifstream in(entry.path());
      std::string text;
      for (int line = 1; std::getline(in, text); ++line) {
        if (!text.starts_with("#include ")) continue;
        const auto begin = text.find_first_of("<\"") + 1;
        const auto end = text.find_first_of(">\"", begin);
        found.push_back(
            {fs::relative(entry.path(), top).string(), text.substr(begin, end - begin), line});
      }
    }
  return found;
}

TEST(Layering, AFileIncludesOnlyLowerFloors) {
  int checked = 0;
  for (const auto& include : all_includes()) {
    std::string header = include.header;
    if (header.starts_with("gunflint/"))
      header = "include/" + header;
    else if (header.find('/') != header.npos && floors.contains(header.substr(0, header.find('/'))))
      header = "framework/" + header;
    const auto from = room_of(include.file), to = room_of(header);
    if (from.empty() || to.empty()) continue;
    ++checked;
    ASSERT_TRUE(floors.contains(from)) << include.file << " is in no known room";
    EXPECT_TRUE(may_include(from, to))
        << include.file << ":" << include.line << ": " << from << " (floor " << floors.at(from)
        << ") includes " << include.header << " of " << to << " (floor " << floors.at(to) << ")";
  }
  EXPECT_GT(checked, 50) << "the test no longer finds the sources";
}

TEST(Layering, ALibraryIsIncludedInOnePlace) {
  for (const auto& include : all_includes())
    for (const auto& [prefix, allowed] : libraries) {
      const bool matches =
          prefix.ends_with('/') ? include.header.starts_with(prefix) : include.header == prefix;
      if (!matches) continue;
      EXPECT_NE(std::find(allowed.begin(), allowed.end(), include.file), allowed.end())
          << include.file << ":" << include.line << " includes <" << include.header << ">";
    }
}

TEST(Layering, NoFileHasMoreThanOneNoun) {
  for (const char* folder : {"include", "framework", "faults"})
    for (const auto& entry :
         fs::recursive_directory_iterator(fs::path(GUNFLINT_SOURCE_DIR) / folder)) {
      const auto extension = entry.path().extension();
      if (extension != ".cpp" && extension != ".hpp") continue;
      std::ifstream in(entry.path());
      const auto lines = std::count(std::istreambuf_iterator<char>(in), {}, '\n');
      EXPECT_LE(lines, 500) << entry.path() << " is longer than a noun";
    }
}

}  // namespace
}  // namespace gunflint
