#pragma once
/// The requests that an access log holds: what a load replays.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gunflint/base/units.hpp"

namespace gunflint {

/// One line each, in common or combined log format (Apache httpd `mod_log_config`, nginx
/// `ngx_http_log_module`): `host ident user [10/Oct/2000:13:55:36 -0700] "GET /x HTTP/1.1" 200
/// 2326`, and whatever follows; a virtual host may stand before the host. Only GET and HEAD are
/// kept: a log holds no bodies. Targets are kept once each.
class AccessLog {
 public:
  static constexpr std::size_t most_bytes = std::size_t(1) << 30;  ///< of a file

  struct Request {
    /// Since the first request. The format has whole seconds: the n requests of one second are
    /// spread evenly over it, in the order of the lines.
    Duration at{};
    std::string_view method;  ///< "GET" or "HEAD"
    std::string_view target;  ///< begins with `/`; no blank, no control character; lives as the log
  };

  /// Errors: what read_pieces says; BadInput when no line can be sent (with what was left out).
  static Result<AccessLog> load(const std::string& path);
  /// The same of a text; `name` begins the message.
  static Result<AccessLog> parse(std::string_view text, const std::string& name);

  std::size_t size() const { return entries_.size(); }  ///< at least 1
  /// In order of time; lines of one second in the order of the file.
  Request operator[](std::size_t i) const;
  std::size_t heads() const { return heads_; }  ///< of size(), how many are HEAD
  /// From the first second to the end of the last one: whole seconds, at least 1.
  Duration length() const { return length_; }
  /// Lines that are not sent, by reason: a method ("POST"), "no request" (`-`), "unreadable".
  const std::map<std::string, std::uint64_t>& left_out() const { return left_out_; }

 private:
  friend class AccessLogBuilder;
  struct Entry {
    std::int64_t at = 0;  ///< ns; while reading: the second since 1970
    std::uint32_t target = 0;
    bool head = false;
  };
  std::vector<Entry> entries_;
  std::string targets_;                ///< end to end
  std::vector<std::uint32_t> starts_;  ///< of each target, and one behind the last
  std::size_t heads_ = 0;
  Duration length_{};
  std::map<std::string, std::uint64_t> left_out_;
};

}  // namespace gunflint
