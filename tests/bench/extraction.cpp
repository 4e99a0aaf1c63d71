// What it takes to get one value out of an answer: the whole document as a tree, as it was done
// once, and the scanner that took its place; and finding a text or a pattern in the body.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

#include "gunflint/model/pattern.hpp"
#include "load/json_scan.hpp"
#include "support/json_tree.hpp"

using namespace gunflint;

namespace {

/// A list of articles as shops answer it, of about that size.
std::string body_of(std::size_t size, bool pretty) {
  std::string out = R"({"page":1,"items":[)";
  for (int i = 0; out.size() < size; ++i) {
    if (i > 0) out += ',';
    out += R"({"id":)" + std::to_string(10'000 + i * 37) + R"(,"name":"Article No. )" +
           std::to_string(i) + R"(","price":)" + std::to_string(10 + i) +
           R"(.95,"tags":["new","red"],"stock":{"count":)" + std::to_string(i % 9) +
           R"(,"place":"A-)" + std::to_string(i) + R"("},"sale":false})";
  }
  out += R"(],"total":1200,"next":"/items?page=2"})";
  return pretty ? to_json_pretty(*parse_json(out)) : out;
}

double cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return 1e9 * static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec);
}

/// Nanoseconds of processor time per call, in the best of fifteen rounds of about 2 ms: what others
/// do beside it costs caches, too.
template <class F>
double ns_per_call(F call) {
  const auto round = [&](int times) {
    const double begin = cpu_ns();
    for (int i = 0; i < times; ++i) call();
    return cpu_ns() - begin;
  };
  const int times = std::max(1, static_cast<int>(2e6 / std::max(1.0, round(20) / 20)));
  double best = round(times);
  for (int i = 1; i < 15; ++i) best = std::min(best, round(times));
  return best / times;
}

void compare(const char* what, const std::string& body, const std::string& path_text) {
  const auto path = *JsonPath::compile(path_text);
  std::string by_scan;
  const double scan = ns_per_call([&] {
    if (find_json(body, path, by_scan) != JsonFound::Value) std::abort();
  });
  std::string by_tree;
  const double tree = ns_per_call([&] {
    const auto document = parse_json(body);
    by_tree = *spelled(*find_in_tree(*document, path));
  });
  if (by_scan != by_tree) std::abort();
  std::printf("%-8s %7zu  %-22s %10.0f %10.0f %7.0fx\n", what, body.size(), path_text.c_str(), tree,
              scan, tree / scan);
}

void search(const std::string& body) {
  const std::string wanted = "order";
  const auto pattern = *Pattern::compile("order=(\\d+)");
  volatile std::size_t seen = 0;
  const double find = ns_per_call([&] { seen = std::string_view(body).find(wanted); });
  const double memory = ns_per_call(
      [&] { seen = memmem(body.data(), body.size(), wanted.data(), wanted.size()) != nullptr; });
  const double regex = ns_per_call([&] { seen = pattern.first_in(body).has_value(); });
  std::printf("absent   %7zu  find %.0f ns, memmem %.0f ns, a pattern %.0f ns\n", body.size(), find,
              memory, regex);
}

}  // namespace

int main() {
  std::printf("%-8s %7s  %-22s %10s %10s\n", "body", "bytes", "path", "tree, ns", "scan, ns");
  for (const std::size_t size : {1024, 16 * 1024})
    for (const bool pretty : {false, true}) {
      const auto body = body_of(size, pretty);
      const char* what = pretty ? "pretty" : "compact";
      const auto count = parse_json(body)->find("items")->items().size();
      compare(what, body, "$.items[0].id");
      compare(what, body, "$.items[" + std::to_string(count / 2) + "].name");
      compare(what, body, "$.items[-1].id");
      compare(what, body, "$.next");
    }
  for (const std::size_t size : {1024, 16 * 1024}) search(body_of(size, false));
}
