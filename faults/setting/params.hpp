#pragma once
/// The fields of `type: setting` as people write them, and how they become an address.

#include "common/setpoint.hpp"
#include "setting/setting_at.hpp"

namespace gunflint {

enum class ReloadSignal { Hup, Usr1, Usr2, Winch, Term };
template <>
struct Names<ReloadSignal> {
  static constexpr std::array table{
      std::pair{ReloadSignal::Hup, "SIGHUP"},   std::pair{ReloadSignal::Usr1, "SIGUSR1"},
      std::pair{ReloadSignal::Usr2, "SIGUSR2"}, std::pair{ReloadSignal::Winch, "SIGWINCH"},
      std::pair{ReloadSignal::Term, "SIGTERM"}, std::pair{ReloadSignal::Hup, "HUP"},
      std::pair{ReloadSignal::Usr1, "USR1"},    std::pair{ReloadSignal::Usr2, "USR2"},
      std::pair{ReloadSignal::Winch, "WINCH"},  std::pair{ReloadSignal::Term, "TERM"}};
};

struct ByHttp {
  std::string url, path, body, method = "POST";
  std::map<std::string, std::string> headers;
  static Fields<ByHttp> fields();
};
struct ReloadBy {
  std::optional<ReloadSignal> signal;
  std::string pid_file, process;
  std::vector<std::string> exec;
  static Fields<ReloadBy> fields();
};
struct ByFile {
  std::string path, key, line, section;
  std::vector<std::string> check, read_back;
  std::optional<ReloadBy> reload;
  bool trusted = false;
  static Fields<ByFile> fields();
};
struct ByNginx {
  std::string setting, config = "/etc/nginx/nginx.conf", pid_file;
  static Fields<ByNginx> fields();
};
struct ByHaproxy {
  std::string socket, setting;
  static Fields<ByHaproxy> fields();
};
struct ByGunicorn {
  std::string setting = "workers";
  static Fields<ByGunicorn> fields();
};
struct ByPhpFpm {
  std::string file, pool, setting = "pm.max_children";
  static Fields<ByPhpFpm> fields();
};

/// Exactly one of the ways, and the value.
struct SettingParams {
  std::optional<ByHttp> http;
  std::optional<ByFile> file;
  std::optional<ByNginx> nginx;
  std::optional<ByHaproxy> haproxy;
  std::optional<ByGunicorn> gunicorn;
  std::optional<ByPhpFpm> php_fpm;
  Setpoint value;
  bool shared = false;
  static Fields<SettingParams> fields();
};

/// A rule over several fields that is broken, as a sentence; empty when fine.
std::string mistake_in(const SettingParams& params);
/// The resource that is touched: a file, an address, a socket, a process.
std::vector<std::string> setting_keys(const SettingParams& params, const Member& member);
/// Fills in the member and looks up who has to be told.
Result<SettingAt> locate(Host& host, const Member& member, const SettingParams& params);

}  // namespace gunflint
