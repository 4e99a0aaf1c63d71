#pragma once
/// Documents against JSON Schemas, by a validator that is not ours (json_schema.py).

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "gunflint/base/value.hpp"

namespace gunflint {

/// Collects documents, each with its schema, and has all of them judged by one process.
class SchemaTrial {
 public:
  /// What is added from now on is judged by `schema`.
  void by(const Value& schema) { lines_ += R"({"schema":)" + to_json(schema) + "}\n"; }
  void add(const Value& document) {
    lines_ += R"({"document":)" + to_json(document) + "}\n";
    ++documents_;
  }

  /// Why each document is refused, in the order of add(); empty when it is accepted.
  std::vector<std::string> refusals() const {
    std::string input = ::testing::TempDir() + "schema-trial-XXXXXX";
    const int fd = ::mkstemp(input.data());
    EXPECT_GE(fd, 0) << input;
    if (fd >= 0) ::close(fd);
    std::ofstream(input) << lines_;
    // Debian's own interpreter: it is the one that Debian's python3-jsonschema belongs to.
    const std::string command =
        "/usr/bin/python3 '" GUNFLINT_SOURCE_DIR "/tests/support/json_schema.py' < '" + input + "'";
    std::string output;
    FILE* judge = ::popen(command.c_str(), "r");
    for (int c; judge && (c = std::fgetc(judge)) != EOF;) output += static_cast<char>(c);
    EXPECT_EQ(judge ? ::pclose(judge) : -1, 0) << "the validator failed: " << command;
    ::unlink(input.c_str());
    std::vector<std::string> refusals;
    for (std::size_t at = 0, end; (end = output.find('\n', at)) != std::string::npos;
         at = end + 1) {
      const auto refusal = parse_json(output.substr(at, end - at));
      EXPECT_TRUE(refusal && refusal->is_text()) << output.substr(at, end - at);
      refusals.push_back(refusal && refusal->is_text() ? refusal->text() : "unreadable");
    }
    EXPECT_EQ(refusals.size(), documents_);
    refusals.resize(documents_, "not judged");
    return refusals;
  }

 private:
  std::string lines_;
  std::size_t documents_ = 0;
};

}  // namespace gunflint
