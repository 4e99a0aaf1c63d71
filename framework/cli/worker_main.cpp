// gunflint-worker: sends load, and nothing else. A program of its own because gunflint loads forty
// libraries for what a worker never does: that is half the memory of one with 10,000 connections.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "load/spawned_worker.hpp"

int main(int argc, char** argv) {
  const std::string_view word = argc > 1 ? argv[1] : "";
  if (word == "version")
    return std::puts("gunflint-worker " GUNFLINT_VERSION) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
  const bool loops = word == "--loops" && argc == 3;
  if (argc > 1 && !loops) {
    std::fputs("gunflint-worker " GUNFLINT_VERSION
               ": sends load. It is started by gunflint and speaks to it on standard input and "
               "output.\nTo send load yourself: gunflint load --help\n",
               stderr);
    return word == "help" || word == "--help" ? EXIT_SUCCESS : 2;
  }
  return gunflint::serve_worker(STDIN_FILENO, STDOUT_FILENO, loops ? std::atoi(argv[2]) : 0);
}
