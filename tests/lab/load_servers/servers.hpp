#pragma once
// Servers that nobody here wrote, each on loopback, serving the same few files.

#include <filesystem>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>

#include "lab/load/collect.hpp"
#include "support/lab.hpp"

namespace gunflint::test {

/// What every server of the matrix serves.
inline void write_files(const std::string& folder) {
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "/small.txt") << "small marker " << std::string(120, 's');
  std::ofstream(folder + "/large.bin") << std::string(300'000, 'l') << "marker";
  std::ofstream(folder + "/empty.txt");
}

/// A certificate for localhost and 127.0.0.1; files cert.pem and key.pem of the lab.
inline void make_certificate(lab::Lab& lab, const std::string& name = "") {
  const auto made =
      lab.run({lab::tool("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt",
               "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", lab.path(name + "key.pem"),
               "-out", lab.path(name + "cert.pem"), "-days", "2", "-subj", "/CN=localhost",
               "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"});
  ASSERT_EQ(made.code, 0) << made.err;
}

inline Request checked(const std::string& method, const std::string& url, int status,
                       const std::string& contains = {}) {
  Request r = request(method, url);
  r.check.status = {{status, status}};
  if (!contains.empty()) r.check.body_contains = {contains};
  return r;
}

/// Everything that failed, in words.
inline std::string examples(const Collector& collector) {
  std::string text = collector.lost;
  for (const auto& slice : collector.slices)
    for (const auto& step : slice.steps)
      for (const auto& [why, words] : step.examples) text += why + ": " + words + "\n";
  return text;
}

inline std::uint64_t opened(const Collector& collector) {
  std::uint64_t all = 0;
  for (const auto& slice : collector.slices) all += slice.opened;
  return all;
}

}  // namespace gunflint::test
