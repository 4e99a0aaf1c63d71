#include "room.hpp"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <sstream>

#include "files.hpp"

namespace capsule {
namespace {

struct Cover {
  const char* folder;
  const char* options;
};
constexpr Cover covers[] = {{"/run", "mode=0755"},
                            {"/tmp", "mode=1777"},
                            {"/var/tmp", "mode=1777"},
                            {"/dev/shm", "mode=1777"},
                            {"/var/lib/gunflint", "mode=0755"}};

std::string because(const std::string& what) { return what + ": " + std::strerror(errno); }

int folder_fd(const std::string& path) {
  return ::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
}

bool bind(int fd, const std::string& to) {
  make_folders(to);
  const std::string from = "/proc/self/fd/" + std::to_string(fd);
  const bool done = fd >= 0 && ::mount(from.c_str(), to.c_str(), nullptr, MS_BIND, nullptr) == 0;
  ::close(fd);
  return done;
}

void raise_loopback() {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  ::ioctl(fd, SIOCSIFFLAGS, &request);
  ::close(fd);
}

/// Nothing that is mounted from here on is seen elsewhere. In a chroot / is no mount that could be
/// told so; but there /proc would be shared, had it been mounted where mounts are.
bool make_private() {
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0) return true;
  return errno == EINVAL && read("/proc/self/mountinfo").find(" shared:") == std::string::npos;
}

/// A /sys of this network namespace, and in it only our part of every cgroup hierarchy.
std::string show_system(const Groups& groups) {
  std::vector<int> ours;
  for (const auto& place : groups.places()) ours.push_back(folder_fd(place.path));
  if (::mount("sysfs", "/sys", "sysfs", 0, nullptr) != 0) return because("mount /sys");
  const bool several = groups.places().size() != 1;  // one alone is /sys/fs/cgroup itself
  if (several && ::mount("tmpfs", "/sys/fs/cgroup", "tmpfs", 0, "mode=0755") != 0)
    return because("mount /sys/fs/cgroup");
  for (std::size_t i = 0; i < ours.size(); ++i)
    if (!bind(ours[i], groups.places()[i].mount)) return because(groups.places()[i].mount);
  return {};
}

std::string cover(const std::vector<std::string>& trees) {
  std::vector<int> kept;
  for (const auto& tree : trees) kept.push_back(folder_fd(tree));
  for (const auto& [folder, options] : covers) {
    make_folders(folder);
    if (::mount("capsule", folder, "tmpfs", MS_NODEV, options) != 0) return because(folder);
  }
  for (std::size_t i = 0; i < trees.size(); ++i) {
    const auto hidden = [&](const Cover& c) { return below(trees[i], c.folder); };
    if (!std::any_of(std::begin(covers), std::end(covers), hidden))
      ::close(kept[i]);
    else if (::access((trees[i] + "/.").c_str(), F_OK) != 0 && !bind(kept[i], trees[i]))
      return because(trees[i]);
  }
  ::mkdir("/run/lock", 0);
  ::chmod("/run/lock", 01777);
  return {};
}

}  // namespace

int enter_namespaces() {
  constexpr int all = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWCGROUP;
  return ::unshare(all) == 0 ? 0 : errno;
}

std::string furnish(const Groups& groups, const std::vector<std::string>& trees) {
  std::vector<char> here(4096);
  const bool somewhere = ::getcwd(here.data(), here.size()) != nullptr;
  if (!make_private()) return because("mounts");
  if (::mount("proc", "/proc", "proc", 0, nullptr) != 0) return because("mount /proc");
  if (auto why = show_system(groups); !why.empty()) return why;
  if (auto why = cover(trees); !why.empty()) return why;
  raise_loopback();
  ::unsetenv("TMPDIR");
  if (!somewhere || ::chdir(here.data()) != 0) return because("the current folder");
  return {};
}

std::vector<std::string> picture() {
  std::vector<std::string> found;
  std::istringstream lines(read("/proc/self/mountinfo"));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word;
    for (int i = 0; i < 5; ++i) words >> word;
    found.push_back("mount " + word);
  }
  for (const auto& name : names_in("/run/netns")) found.push_back("network namespace " + name);
  for (const char* folder : {"/tmp/", "/var/tmp/", "/dev/shm/"})
    for (const auto& name : names_in(folder)) found.push_back("file " + (folder + name));
  std::sort(found.begin(), found.end());
  return found;
}

std::vector<std::string> left(const Groups& groups, const std::vector<std::string>& before) {
  std::vector<std::string> found = groups.left();
  for (const auto& name : names_in("/proc")) {
    const int pid = std::atoi(name.c_str());
    if (pid > 1 && !is_zombie(pid)) found.push_back("process " + name + " (" + name_of(pid) + ")");
  }
  const auto now = picture();
  std::set_difference(now.begin(), now.end(), before.begin(), before.end(),
                      std::back_inserter(found));
  return found;
}

}  // namespace capsule
