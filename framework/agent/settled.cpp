#include "agent/settled.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include "agent/ledger_folder.hpp"
#include "host/fd.hpp"

namespace gunflint {
namespace {

constexpr std::size_t most_bytes_settled = 1u << 20;

/// Empty when `run`, which a coordinator may have said, is no name of a run.
std::string path_of(const std::string& folder, const std::string& run) {
  const bool a_name = !run.empty() && run.size() <= 128 && run[0] != '.' &&
                      std::all_of(run.begin(), run.end(), [](unsigned char c) {
                        return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
                      });
  return a_name ? folder + "/" + run + ".settled" : std::string();
}

}  // namespace

Result<void> keep_settled(const std::string& folder, const std::string& run,
                          const Settled& settled) {
  const std::string path = path_of(folder, run);
  if (path.empty()) return {};
  const Fd file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return fail_errno(errno, "write " + path);
  GF_TRY(check_ledger_file(file.get(), path));
  const std::string line = to_json(encode(settled)) + "\n";
  if (::write(file.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size()))
    return fail_errno(errno, "write " + path);
  if (::fdatasync(file.get()) != 0) return fail_errno(errno, "write " + path);
  return {};
}

std::vector<Settled> settled_of(const std::string& folder, const std::string& run) {
  std::vector<Settled> all;
  const std::string path = path_of(folder, run);
  if (path.empty()) return all;
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file || !check_ledger_file(file.get(), path)) return all;
  const auto text = read_text_file(path, most_bytes_settled);
  if (!text) return all;
  for (std::size_t at = 0; at < text->size();) {
    const std::size_t end = std::min(text->find('\n', at), text->size());
    const auto value = parse_json(std::string_view(*text).substr(at, end - at));
    if (value)
      if (auto one = decode<Settled>(*value)) all.push_back(std::move(*one));
    at = end + 1;
  }
  return all;
}

void forget_settled(const std::string& folder, const std::string& run) {
  if (const std::string path = path_of(folder, run); !path.empty()) (void)::unlink(path.c_str());
}

}  // namespace gunflint
