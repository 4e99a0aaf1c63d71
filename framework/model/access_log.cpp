#include "model/access_log.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <optional>
#include <unordered_set>

#include <fmt/format.h>

#include "model/local_file.hpp"
#include "model/replay_words.hpp"

namespace gunflint {
namespace {

constexpr std::size_t longest_line = 64 << 10;

std::optional<int> digits(std::string_view text) {
  int number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + (c - '0');
  }
  return number;
}

/// "10/Oct/2000:13:55:36 -0700" as seconds since 1970, UTC.
std::optional<std::int64_t> time_of_day(std::string_view t) {
  constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  constexpr std::string_view form = "dd/mmm/yyyy:hh:mm:ss +hhmm";
  if (t.size() != form.size()) return std::nullopt;
  for (const std::size_t i : {2u, 6u, 11u, 14u, 17u, 20u})
    if (t[i] != form[i]) return std::nullopt;
  const auto month = std::find(months.begin(), months.end(), t.substr(3, 3));
  const auto day = digits(t.substr(0, 2)), year = digits(t.substr(7, 4));
  const auto hour = digits(t.substr(12, 2)), minute = digits(t.substr(15, 2));
  const auto second = digits(t.substr(18, 2));
  const auto zone_hour = digits(t.substr(22, 2)), zone_minute = digits(t.substr(24, 2));
  const bool signed_zone = t[21] == '+' || t[21] == '-';
  if (month == months.end() || !day || !year || !hour || !minute || !second || !zone_hour ||
      !zone_minute || !signed_zone)
    return std::nullopt;
  const std::chrono::year_month_day date{
      std::chrono::year(*year),
      std::chrono::month(static_cast<unsigned>(month - months.begin() + 1)),
      std::chrono::day(static_cast<unsigned>(*day))};
  // 60: a leap second. Years beyond these are nonsense, and their nanoseconds would not fit.
  if (!date.ok() || *year < 1970 || *year > 2200 || *hour > 23 || *minute > 59 || *second > 60 ||
      *zone_hour > 23 || *zone_minute > 59)
    return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const std::int64_t zone = (*zone_hour * 60 + *zone_minute) * 60;
  return days * 86400 + *hour * 3600 + *minute * 60 + *second - (t[21] == '-' ? -zone : zone);
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The text between quotes, its escapes resolved (`\"`, `\\`, `\xhh`, and \n, \t … as C has them).
/// `rest` begins behind the opening quote and then behind the closing one; false without one.
bool unquote(std::string_view& rest, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == '"') {
      rest.remove_prefix(i + 1);
      return true;
    }
    if (rest[i] != '\\' || i + 1 == rest.size()) {
      out += rest[i];
      continue;
    }
    const char what = rest[++i];
    const int high = i + 2 < rest.size() ? hex_digit(rest[i + 1]) : -1;
    const int low = high < 0 ? -1 : hex_digit(rest[i + 2]);
    if (what == 'x' && low >= 0) {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      constexpr std::string_view letters = "bnrtvf", controls = "\b\n\r\t\v\f";
      const auto control = letters.find(what);
      out += control == letters.npos ? what : controls[control];
    }
  }
  return false;
}

/// One line that was understood.
struct Line {
  std::int64_t second = 0;
  std::string request;  ///< "GET /x HTTP/1.1", unquoted
};

std::optional<Line> understood(std::string_view text) {
  Line line;
  // Host, ident and user may hold anything, brackets too: the first that holds a time is the time.
  constexpr std::size_t length = 26;
  std::size_t open = text.find(" [");
  std::optional<std::int64_t> second;
  for (; open != text.npos; open = text.find(" [", open + 1)) {
    const std::size_t close = open + 2 + length;
    if (close >= text.size() || text[close] != ']') continue;
    if ((second = time_of_day(text.substr(open + 2, length)))) break;
  }
  if (!second || open == 0) return std::nullopt;
  line.second = *second;
  text.remove_prefix(open + 2 + length + 1);
  if (text.substr(0, 2) != " \"") return std::nullopt;
  text.remove_prefix(2);
  if (!unquote(text, line.request)) return std::nullopt;
  // Then a status: without it the quotes were others.
  if (text.size() < 4 || text[0] != ' ' || !digits(text.substr(1, 3))) return std::nullopt;
  if (text.size() > 4 && text[4] != ' ') return std::nullopt;
  return line;
}

/// A path as it can be sent again: nothing in it ends the line or the word.
bool is_target(std::string_view text) {
  return !text.empty() && text[0] == '/' && std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f;
  });
}

/// "/x" of "http://shop/x": what a client writes to a proxy.
std::string_view without_origin(std::string_view target) {
  if (!target.starts_with("http://") && !target.starts_with("https://")) return target;
  const auto slash = target.find('/', target.find("://") + 3);
  return slash == target.npos ? "/" : target.substr(slash);
}

}  // namespace

class AccessLogBuilder {
 public:
  explicit AccessLogBuilder(std::string name) : name_(std::move(name)) {}

  bool feed(std::string_view piece) {
    while (true) {
      const auto end = piece.find('\n');
      const auto part = piece.substr(0, end);
      if (line_.size() <= longest_line) line_.append(part.substr(0, longest_line + 1));
      if (end == piece.npos) return true;
      piece.remove_prefix(end + 1);
      end_line();
    }
  }

  Result<AccessLog> finish() {
    end_line();
    auto& entries = log_.entries_;
    if (entries.empty())
      return fail(
          Cause::BadInput,
          fmt::format("{} holds no GET and no HEAD in common or combined log format{}{}", name_,
                      log_.left_out_.empty() ? "" : ": ", spell_left_out(log_.left_out_)));
    log_.starts_.push_back(static_cast<std::uint32_t>(log_.targets_.size()));
    std::stable_sort(entries.begin(), entries.end(),
                     [](const auto& a, const auto& b) { return a.at < b.at; });
    const std::int64_t first = entries.front().at;
    log_.length_ = std::chrono::seconds(entries.back().at - first + 1);
    for (std::size_t i = 0; i < entries.size();) {
      std::size_t end = i;
      const std::int64_t second = entries[i].at;
      while (end < entries.size() && entries[end].at == second) ++end;
      const auto n = static_cast<std::int64_t>(end - i);
      for (std::int64_t k = 0; k < n; ++k, ++i)
        entries[i].at = (second - first) * 1'000'000'000 + k * 1'000'000'000 / n;
    }
    entries.shrink_to_fit();
    return std::move(log_);
  }

 private:
  std::string_view target(std::uint32_t id) const {
    const auto& starts = log_.starts_;
    const std::size_t end = id + 1 < starts.size() ? starts[id + 1] : log_.targets_.size();
    return std::string_view(log_.targets_).substr(starts[id], end - starts[id]);
  }
  struct Hash {
    using is_transparent = void;
    const AccessLogBuilder* of;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
    std::size_t operator()(std::uint32_t id) const { return (*this)(of->target(id)); }
  };
  struct Same {
    using is_transparent = void;
    const AccessLogBuilder* of;
    bool operator()(std::uint32_t a, std::uint32_t b) const { return a == b; }
    bool operator()(std::string_view a, std::uint32_t b) const { return a == of->target(b); }
    bool operator()(std::uint32_t a, std::string_view b) const { return b == of->target(a); }
  };

  void end_line() {
    if (!line_.empty() && line_.back() == '\r') line_.pop_back();
    if (!line_.empty()) take(line_);
    line_.clear();
  }

  void take(std::string_view text) {
    const auto line = text.size() > longest_line ? std::nullopt : understood(text);
    if (!line) return leave_out("unreadable");
    if (line->request.empty() || line->request == "-") return leave_out("no request");
    std::string_view request = line->request;
    const auto blank = request.find(' ');
    const std::string_view method = request.substr(0, blank);
    if (method != "GET" && method != "HEAD") return leave_out(method_word(method));
    request.remove_prefix(blank == request.npos ? request.size() : blank + 1);
    if (const auto version = request.rfind(" HTTP/"); version != request.npos)
      request = request.substr(0, version);
    request = without_origin(request);
    if (!is_target(request)) return leave_out("unreadable");
    log_.entries_.push_back({line->second, intern(request), method == "HEAD"});
    log_.heads_ += method == "HEAD";
  }

  /// What a stranger wrote must not become a thousand reasons.
  static std::string_view method_word(std::string_view method) {
    for (const std::string_view known :
         {"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", "PROPFIND", "REPORT"})
      if (method == known) return known;
    return "unreadable";
  }
  void leave_out(std::string_view why) { ++log_.left_out_[std::string(why)]; }

  std::uint32_t intern(std::string_view text) {
    if (const auto known = ids_.find(text); known != ids_.end()) return *known;
    const auto id = static_cast<std::uint32_t>(log_.starts_.size());
    log_.starts_.push_back(static_cast<std::uint32_t>(log_.targets_.size()));
    log_.targets_ += text;
    ids_.insert(id);
    return id;
  }

  std::string name_, line_;
  AccessLog log_;
  std::unordered_set<std::uint32_t, Hash, Same> ids_{16, Hash{this}, Same{this}};
};

Result<AccessLog> AccessLog::load(const std::string& path) {
  AccessLogBuilder builder(path);
  GF_TRY(
      read_pieces(path, most_bytes, [&](std::string_view piece) { return builder.feed(piece); }));
  return builder.finish();
}

Result<AccessLog> AccessLog::parse(std::string_view text, const std::string& name) {
  AccessLogBuilder builder(name);
  builder.feed(text);
  return builder.finish();
}

AccessLog::Request AccessLog::operator[](std::size_t i) const {
  const Entry& entry = entries_[i];
  const std::uint32_t from = starts_[entry.target], to = starts_[entry.target + 1];
  return {Duration(entry.at), entry.head ? "HEAD" : "GET",
          std::string_view(targets_).substr(from, to - from)};
}

}  // namespace gunflint
