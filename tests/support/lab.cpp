#include "support/lab.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <thread>

namespace gunflint::lab {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

void raise_loopback() {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  ::ioctl(fd, SIOCSIFFLAGS, &request);
  ::close(fd);
}

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

bool accepts(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto address = loopback(port);
  const bool ok = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return ok;
}

bool is_free(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto address = loopback(port);
  const bool ok = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return ok;
}

[[noreturn]] void become(const std::vector<std::string>& argv, int out, int err) {
  const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(null, 0);
  ::dup2(out, 1);
  ::dup2(err, 2);
  std::vector<char*> words;
  for (const auto& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  ::execvp(words[0], words.data());
  std::fprintf(stderr, "cannot start %s: %s\n", words[0], std::strerror(errno));
  ::_exit(127);
}

int status_code(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Lab::Lab() {
  char name[] = "/tmp/gunflint-lab-XXXXXX";
  dir_ = ::mkdtemp(name);
  ::chmod(dir_.c_str(), 0755);
  if (is_root() && ::unshare(CLONE_NEWNET) == 0) raise_loopback();
}

Lab::~Lab() {
  while (!running_.empty()) stop(running_.begin()->first);
  std::error_code ignored;
  std::filesystem::remove_all(dir_, ignored);
}

std::string Lab::write(const std::string& name, const std::string& text) const {
  std::ofstream(path(name)) << text;
  return path(name);
}

std::string Lab::read(const std::string& name) const {
  std::ifstream in(path(name));
  return {std::istreambuf_iterator<char>(in), {}};
}

int Lab::free_port(int block) const {
  static std::mt19937 random(std::random_device{}());
  for (;;) {
    const int first = 20000 + static_cast<int>(random() % 10000);
    bool free = true;
    for (int i = 0; i < block && free; ++i) free = is_free(first + i);
    if (free) return first;
  }
}

pid_t Lab::start(const std::string& name, const std::vector<std::string>& argv) {
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(1);
    const int log =
        ::open(path(name + ".log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    become(argv, log, log);
  }
  running_[pid] = name;
  return pid;
}

int Lab::stop(pid_t pid, int signal) {
  if (running_.erase(pid) == 0) return -1;
  ::kill(pid, signal);
  int status = 0;
  const auto patience = Clock::now() + 5s;
  while (::waitpid(pid, &status, WNOHANG) == 0) {
    if (Clock::now() > patience) {
      ::kill(pid, SIGKILL);
      ::waitpid(pid, &status, 0);
      break;
    }
    std::this_thread::sleep_for(2ms);
  }
  return status_code(status);
}

Ended Lab::run(const std::vector<std::string>& argv, std::chrono::milliseconds limit,
               const std::map<std::string, std::string>& environment) {
  int out[2], err[2];
  if (::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0) return {127, "", "no pipe"};
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
    become(argv, out[1], err[1]);
  }
  ::close(out[1]);
  ::close(err[1]);
  Ended ended;
  const auto deadline = Clock::now() + limit;
  pollfd ends[2] = {{out[0], POLLIN, 0}, {err[0], POLLIN, 0}};
  bool late = false;
  while (ends[0].fd >= 0 || ends[1].fd >= 0) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    if (left <= 0ms || ::poll(ends, 2, static_cast<int>(left.count())) == 0) {
      late = true;
      break;
    }
    for (int i = 0; i < 2; ++i) {
      if (!ends[i].revents) continue;
      char part[8192];
      const auto n = ::read(ends[i].fd, part, sizeof part);
      if (n <= 0)
        ends[i].fd = -1;
      else
        (i == 0 ? ended.out : ended.err).append(part, static_cast<std::size_t>(n));
    }
  }
  ::close(out[0]);
  ::close(err[0]);
  int status = 0;
  if (late) ::kill(pid, SIGTERM);
  const auto patience = Clock::now() + 5s;
  while (::waitpid(pid, &status, WNOHANG) == 0) {
    if (Clock::now() > patience) ::kill(pid, SIGKILL);
    std::this_thread::sleep_for(2ms);
  }
  ended.code = late ? 124 : status_code(status);
  return ended;
}

bool Lab::wait_for_port(int port, std::chrono::milliseconds limit) const {
  for (const auto end = Clock::now() + limit; Clock::now() < end; std::this_thread::sleep_for(10ms))
    if (accepts(port)) return true;
  return false;
}

bool Lab::wait_for_file(const std::string& name, std::chrono::milliseconds limit) const {
  for (const auto end = Clock::now() + limit; Clock::now() < end; std::this_thread::sleep_for(10ms))
    if (std::filesystem::exists(path(name))) return true;
  return false;
}

std::string Lab::for_everybody(const std::string& name) const {
  namespace fs = std::filesystem;
  constexpr auto open_to_all = fs::perms::owner_all | fs::perms::group_read |
                               fs::perms::group_exec | fs::perms::others_read |
                               fs::perms::others_exec;
  const fs::path folder = path("bin");
  if (fs::create_directory(folder)) {
    // All: each looks for the others beside itself.
    for (const char* each : {"gunflint", "gunflint-agent", "gunflint-worker"})
      fs::copy_file(program(each), folder / each);
    for (const fs::path& each : {fs::path(dir_), folder}) fs::permissions(each, open_to_all);
  }
  return folder / name;
}

std::string program(const std::string& name) { return GUNFLINT_BINARY_DIR "/bin/" + name; }

std::string tool(const std::string& name) {
  for (const char* folder : {"/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/", "/usr/local/bin/"})
    if (::access((folder + name).c_str(), X_OK) == 0) return folder + name;
  return {};
}

bool is_root() { return ::geteuid() == 0; }

}  // namespace gunflint::lab
