#pragma once
// Small things about files, for a program that shares no code with what it watches.

#include <string>
#include <vector>

namespace capsule {

/// Empty when it cannot be read.
std::string read(const std::string& path);
bool write(const std::string& path, const std::string& text);
/// Names in a folder, sorted; empty when it is not there.
std::vector<std::string> names_in(const std::string& folder);
std::vector<std::string> folders_in(const std::string& folder);
bool below(const std::string& path, const std::string& folder);
/// mkdir -p, every part with mode 0755.
void make_folders(const std::string& path);
/// When a process began, in ticks since boot; 0: there is none.
unsigned long long start_of(int pid);
bool is_zombie(int pid);
std::string name_of(int pid);

}  // namespace capsule
