// A load worker as a program of its own, for the tests of spawn_worker().
#include <unistd.h>

#include "load/spawned_worker.hpp"

int main() { return gunflint::serve_worker(STDIN_FILENO, STDOUT_FILENO, 1); }
