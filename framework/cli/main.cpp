#include "cli/commands.hpp"

int main(int argc, char** argv) { return gunflint::run_command_line(argc, argv); }
