// How long the reader takes to refuse a file that was made to keep it busy. The bar is 50 ms each.
// It returns 1 if one is slower. The reader waits for nothing, so its CPU time is what it takes on
// an idle core: the median of five.
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <vector>

#include "gunflint/model/reader.hpp"
#include "support/attack_files.hpp"

using namespace gunflint;

namespace {
double cpu_ms() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return 1e3 * static_cast<double>(now.tv_sec) + 1e-6 * static_cast<double>(now.tv_nsec);
}
/// Prints a line per file; how many took longer than `bar`.
int time_all(const std::vector<AttackFile>& files, double bar) {
  int slow = 0;
  for (const AttackFile& file : files) {
    std::vector<double> took;
    std::string first;
    std::size_t problems = 0;
    const auto source = std::make_shared<const SourceText>(SourceText{"x.yaml", file.text});
    for (int i = 0; i < 5; ++i) {
      const double begin = cpu_ms();
      const auto read = read_experiment(source, ReadOptions{});
      const std::string printed = print_problems(read.problems, false);
      took.push_back(cpu_ms() - begin);
      problems = read.problems.size();
      first = printed.substr(0, printed.find('\n'));
    }
    std::sort(took.begin(), took.end());
    const bool late = took[2] > bar;
    slow += late;
    std::printf("%-26s %8zu %7.1f%s %4zu  %.80s\n", file.name, file.text.size(), took[2],
                late ? "!" : " ", problems, first.c_str());
  }
  std::printf("%d of %zu above %.0f ms\n\n", slow, files.size(), bar);
  return slow;
}
}  // namespace

int main() {
  std::printf("%-26s %8s %7s  problems\n", "file", "bytes", "ms");
  const int slow = time_all(attack_files(), 50);
  std::printf("As large as allowed, read to the end:\n");
  return slow + time_all(largest_files(), 500) == 0 ? 0 : 1;
}
