// A server to try things on: prints its address, answers 153 bytes until its input ends. With an
// argument: each answer takes that many milliseconds.
#include <cstdio>
#include <cstdlib>

#include "support/server.hpp"

int main(int argc, char** argv) {
  using namespace gunflint::test;
  const auto delay = std::chrono::milliseconds(argc > 1 ? std::atoi(argv[1]) : 0);
  TestServer server(always(answer(200, std::string(153, 'x')).after(delay)));
  std::printf("%s\n", server.url().c_str());
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
}
