#include <arpa/inet.h>
#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <string>

#include "host/network_conntrack.hpp"

namespace gunflint {
namespace {

constexpr int established = 1, listening_state = 10;  ///< column "st" of /proc/net/tcp

struct Line {
  std::string_view local, remote;  ///< "0100007F:1F90"
  int state = 0;
  std::uint64_t inode = 0;
};

template <class T>
T number(std::string_view text, int base) {
  T value{};
  std::from_chars(text.data(), text.data() + text.size(), value, base);
  return value;
}

/// Calls `each` for every socket. Columns: sl, local, remote, st, queues, timer, retransmits, uid,
/// timeout, inode.
template <class Each>
void for_each_line(std::string_view text, Each each) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(text.size(), end + 1));
    std::array<std::string_view, 10> columns;
    std::size_t count = 0;
    while (count < columns.size()) {
      const auto begin = line.find_first_not_of(' ');
      if (begin == std::string_view::npos) break;
      line.remove_prefix(begin);
      const auto stop = std::min(line.find(' '), line.size());
      columns[count++] = line.substr(0, stop);
      line.remove_prefix(stop);
    }
    if (count < columns.size() || !columns[0].ends_with(':')) continue;
    each(Line{columns[1], columns[2], number<int>(columns[3], 16),
              number<std::uint64_t>(columns[9], 10)});
  }
}

/// The kernel prints each four bytes of an address as one number in the machine's byte order, so
/// that storing the number gives back network byte order.
std::array<std::byte, 16> address(std::string_view hex) {
  std::array<std::byte, 16> bytes{};
  for (std::size_t word = 0; word * 8 + 8 <= hex.size() && word < 4; ++word) {
    const auto value = number<std::uint32_t>(hex.substr(word * 8, 8), 16);
    std::memcpy(bytes.data() + word * 4, &value, sizeof value);
  }
  return bytes;
}

/// ::ffff:a.b.c.d -> a.b.c.d
bool fold_v4(std::array<std::byte, 16>& bytes) {
  constexpr std::array<unsigned char, 12> prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::memcmp(bytes.data(), prefix.data(), prefix.size()) != 0) return false;
  std::memmove(bytes.data(), bytes.data() + 12, 4);
  std::fill(bytes.begin() + 4, bytes.end(), std::byte{0});
  return true;
}

std::uint16_t port_of(std::string_view end) {
  return number<std::uint16_t>(end.substr(std::min(end.size(), end.find(':') + 1)), 16);
}

bool contains(const auto& list, const auto& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

/// Is the address inside "10.0.0.0/8"?
bool inside(const Flow& flow, const std::string& range) {
  std::array<unsigned char, 16> bytes{};
  const auto slash = range.find('/');
  const bool v6 = range.find(':') != std::string::npos;
  if (v6 != flow.v6 ||
      ::inet_pton(v6 ? AF_INET6 : AF_INET, range.substr(0, slash).c_str(), bytes.data()) != 1)
    return false;
  int bits = v6 ? 128 : 32;
  if (slash != std::string::npos) bits = number<int>(std::string_view(range).substr(slash + 1), 10);
  for (std::size_t i = 0; bits > 0; ++i, bits -= 8) {
    const int mask = bits >= 8 ? 0xff : 0xff00 >> bits & 0xff;
    if ((bytes.at(i) & mask) != (std::to_integer<int>(flow.remote.at(i)) & mask)) return false;
  }
  return true;
}

}  // namespace

std::string print_address(const Flow& flow, bool local) {
  char text[INET6_ADDRSTRLEN]{};
  ::inet_ntop(flow.v6 ? AF_INET6 : AF_INET, (local ? flow.local : flow.remote).data(), text,
              sizeof text);
  return text;
}

bool matches(const Flow& flow, const std::vector<std::string>& hosts,
             const std::vector<int>& ports) {
  return (ports.empty() || contains(ports, static_cast<int>(flow.remote_port))) &&
         (hosts.empty() ||
          std::any_of(hosts.begin(), hosts.end(), [&](const auto& h) { return inside(flow, h); }));
}

std::vector<Flow> parse_connections(std::string_view text, bool v6,
                                    const std::vector<std::uint64_t>& inodes,
                                    const std::vector<int>& listening) {
  std::vector<Flow> flows;
  for_each_line(text, [&](const Line& line) {
    if (line.state != established || !contains(inodes, line.inode)) return;
    Flow flow;
    flow.v6 = v6;
    flow.local = address(line.local.substr(0, line.local.find(':')));
    flow.remote = address(line.remote.substr(0, line.remote.find(':')));
    flow.local_port = port_of(line.local);
    flow.remote_port = port_of(line.remote);
    if (contains(listening, static_cast<int>(flow.local_port))) return;
    if (v6 && fold_v4(flow.remote) && fold_v4(flow.local)) flow.v6 = false;
    flows.push_back(flow);
  });
  return flows;
}

std::vector<int> parse_listening(std::string_view text, const std::vector<std::uint64_t>& inodes) {
  std::vector<int> ports;
  for_each_line(text, [&](const Line& line) {
    if (line.state == listening_state && contains(inodes, line.inode))
      ports.push_back(port_of(line.local));
  });
  return ports;
}

std::vector<std::uint64_t> sockets_held_by(int pid) {
  std::vector<std::uint64_t> inodes;
  const std::string folder = "/proc/" + std::to_string(pid) + "/fd";
  DIR* open = ::opendir(folder.c_str());
  if (open == nullptr) return inodes;
  while (const dirent* entry = ::readdir(open)) {
    char target[64];
    const auto got = ::readlinkat(::dirfd(open), entry->d_name, target, sizeof target);
    if (got <= 0) continue;
    std::string_view name(target, static_cast<std::size_t>(got));
    if (!name.starts_with("socket:[")) continue;
    inodes.push_back(number<std::uint64_t>(name.substr(8), 10));
  }
  ::closedir(open);
  return inodes;
}

}  // namespace gunflint
