#include "target/listeners.hpp"

#include <array>
#include <charconv>

#include <arpa/inet.h>
#include <dirent.h>
#include <unistd.h>

#include "host/fd.hpp"

namespace gunflint {
namespace {

std::string_view next_word(std::string_view& line) {
  const auto begin = line.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  line.remove_prefix(begin);
  const auto word = line.substr(0, line.find(' '));
  line.remove_prefix(word.size());
  return word;
}

template <class N>
N number(std::string_view text, int base) {
  N n = 0;
  std::from_chars(text.data(), text.data() + text.size(), n, base);
  return n;
}

/// The kernel prints addresses as 32-bit words of its own byte order.
std::string address_of(std::string_view hex) {
  std::array<std::uint32_t, 4> words{};
  const std::size_t count = hex.size() / 8;
  if (count != 1 && count != 4) return {};
  for (std::size_t i = 0; i < count; ++i)
    words[i] = number<std::uint32_t>(hex.substr(i * 8, 8), 16);
  char text[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(count == 1 ? AF_INET : AF_INET6, words.data(), text, sizeof text);
  return text;
}

}  // namespace

std::vector<Listener> parse_listeners(std::string_view text) {
  constexpr std::string_view listening = "0A";
  std::vector<Listener> out;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    next_word(line);  // "0:"
    const auto local = next_word(line);
    next_word(line);  // the other side
    if (next_word(line) != listening) continue;
    const auto queues = next_word(line);  // tx:rx; of a listener rx is the accept queue
    next_word(line), next_word(line), next_word(line),
        next_word(line);  // timer, retr, uid, timeout
    const auto inode = next_word(line);
    const auto colon = local.find(':'), colon2 = queues.find(':');
    if (colon == local.npos || colon2 == queues.npos) continue;
    out.push_back({address_of(local.substr(0, colon)), number<int>(local.substr(colon + 1), 16),
                   number<std::uint64_t>(inode, 10),
                   number<std::uint64_t>(queues.substr(colon2 + 1), 16)});
  }
  return out;
}

std::vector<Listener> listeners_of_namespace(int pid) {
  const std::string folder =
      "/proc/" + (pid == 0 ? std::string("self") : std::to_string(pid)) + "/net/";
  std::vector<Listener> out;
  for (const char* file : {"tcp", "tcp6"})
    if (const auto text = read_text_file(folder + file))
      for (auto& listener : parse_listeners(*text)) out.push_back(std::move(listener));
  return out;
}

std::uint64_t inode_of_link(std::string_view link) {
  constexpr std::string_view prefix = "socket:[";
  return link.starts_with(prefix) ? number<std::uint64_t>(link.substr(prefix.size()), 10) : 0;
}

std::set<std::uint64_t> sockets_of(int pid) {
  std::set<std::uint64_t> inodes;
  const std::string folder = "/proc/" + std::to_string(pid) + "/fd";
  DIR* open = ::opendir(folder.c_str());
  if (open == nullptr) return inodes;
  char link[64];
  while (const dirent* entry = ::readdir(open)) {
    const ssize_t n = ::readlinkat(::dirfd(open), entry->d_name, link, sizeof link);
    if (n > 0)
      if (const auto inode = inode_of_link({link, static_cast<std::size_t>(n)}))
        inodes.insert(inode);
  }
  ::closedir(open);
  return inodes;
}

}  // namespace gunflint
