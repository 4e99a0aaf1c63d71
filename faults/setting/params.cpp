#include "setting/params.hpp"

#include <csignal>

namespace gunflint {

Fields<ByHttp> ByHttp::fields() {
  using T = ByHttp;
  return {field("url", &T::url,
                "GET shows the setting, `method` changes it; with ${member.host} and "
                "${member.port}.")
              .required(),
          field("field", &T::path, "The value's dotted path in the JSON answer."),
          field("body", &T::body, "What to send, with ${value}; made from `field` when absent."),
          field("method", &T::method, "POST, PUT or PATCH.")
              .check([](const std::string& m) -> std::string {
                return m == "POST" || m == "PUT" || m == "PATCH"
                           ? ""
                           : "`" + m + "` changes no setting; write POST, PUT or PATCH";
              }),
          field("headers", &T::headers, "Sent with every request.")};
}
Fields<ReloadBy> ReloadBy::fields() {
  using T = ReloadBy;
  return {field("signal", &T::signal, "The signal that makes the service read its file."),
          field("pid_file", &T::pid_file, "Whom to signal: the process named in this file."),
          field("process", &T::process,
                "Whom to signal: the process of this name in the member's family (its ancestors "
                "or itself)."),
          field("exec", &T::exec, "A command instead of a signal.")};
}
Fields<ByFile> ByFile::fields() {
  using T = ByFile;
  return {
      field("path", &T::path, "The configuration file.").required(),
      field("key", &T::key, "The setting's name: `key value;`, `key = value`, `key: value`."),
      field("line", &T::line, "Instead of `key`: the whole line, with {value}."),
      field("section", &T::section, "Only under the head [section]."),
      field("check", &T::check,
            "Exits with 0 when the service would accept the changed file; else it is put back."),
      field("reload", &T::reload,
            "How the service is told. By a signal: its workers are then seen to be replaced."),
      field("read_back", &T::read_back,
            "A command that prints the value the service works with now: the fault is in force "
            "when it prints the new one."),
      field("trusted", &T::trusted,
            "Nobody looks whether the service has taken the change: it reads the file by itself, "
            "or its reload is known to work.")};
}
Fields<ByNginx> ByNginx::fields() {
  using T = ByNginx;
  return {field("setting", &T::setting, "`worker_connections`, `worker_processes` or another.")
              .required(),
          field("config", &T::config, "The file in which it stands."),
          field("pid_file", &T::pid_file, "Of the master; the member's own when absent.")};
}
Fields<ByHaproxy> ByHaproxy::fields() {
  using T = ByHaproxy;
  return {field("socket", &T::socket, "Path of the runtime socket (`stats socket`, level admin).")
              .required(),
          field("setting", &T::setting,
                "`maxconn global`, `maxconn frontend NAME` or `maxconn server BACKEND/NAME`.")
              .required()
              .check([](const std::string& s) -> std::string {
                if (s == "maxconn global" || s.starts_with("maxconn frontend ")) return "";
                if (s.starts_with("maxconn server ") && s.find('/') != std::string::npos) return "";
                return "`" + s +
                       "` is not known; write `maxconn global`, `maxconn frontend NAME` "
                       "or `maxconn server BACKEND/NAME`";
              })};
}
Fields<ByGunicorn> ByGunicorn::fields() {
  return {field("setting", &ByGunicorn::setting, "Only `workers`.")
              .check([](const std::string& s) -> std::string {
                return s == "workers" ? ""
                                      : "gunicorn's `" + s +
                                            "` cannot be changed while it "
                                            "runs; write `workers`";
              })};
}
Fields<ByPhpFpm> ByPhpFpm::fields() {
  using T = ByPhpFpm;
  return {field("file", &T::file, "The pool's file.").required(),
          field("pool", &T::pool, "The pool's name, when the file holds several."),
          field("setting", &T::setting, "The setting's name.")};
}
Fields<SettingParams> SettingParams::fields() {
  using T = SettingParams;
  return {field("http", &T::http, "Over HTTP, from beside the coordinator."),
          field("file", &T::file, "In a file, with a reload."),
          field("nginx", &T::nginx, "In nginx's configuration."),
          field("haproxy", &T::haproxy, "Through haproxy's runtime socket."),
          field("gunicorn", &T::gunicorn, "gunicorn's number of workers."),
          field("php_fpm", &T::php_fpm, "In a pool of php-fpm."),
          field("value", &T::value, "The new value: `8`, `on`, or `50% of current`.").required(),
          field("shared", &T::shared,
                "One setting behind a balancer, not one per member: three reads must agree.")};
}

std::string mistake_in(const SettingParams& p) {
  const int ways = int(p.http.has_value()) + int(p.file.has_value()) + int(p.nginx.has_value()) +
                   int(p.haproxy.has_value()) + int(p.gunicorn.has_value()) +
                   int(p.php_fpm.has_value());
  if (ways != 1)
    return std::string(ways == 0 ? "it does not say where the setting is"
                                 : "it says more than one way to the setting") +
           "; write one of `http`, `file`, `nginx`, `haproxy`, `gunicorn` and `php_fpm`";
  if (p.shared && !p.http) return "`shared` is about a setting over HTTP; leave it out";
  if (p.http && p.http->path.empty() && !p.http->body.empty() &&
      p.http->body.find("${value}") == std::string::npos)
    return "`body` has no place for the value; write ${value} where it belongs";
  if (!p.file) return {};
  if (p.file->key.empty() == p.file->line.empty())
    return "`file` needs either `key` or `line`; write `key: workers` or `line: \"workers "
           "{value}\"`";
  if (!p.file->line.empty() && p.file->line.find("{value}") == std::string::npos)
    return "`line` has no place for the value; write {value} where it stands";
  if (!p.file->read_back.empty() && p.file->trusted)
    return "`read_back` looks, and `trusted` says that nobody does; leave one of them out";
  // A changed file is no changed service (rule 8).
  if (p.file->read_back.empty() && !p.file->trusted && (!p.file->reload || !p.file->reload->signal))
    return std::string("nobody would see whether the service takes what the file says; ") +
           (p.file->reload ? "" : "add `reload: { signal: HUP }`, whose new workers show it, or ") +
           "add `read_back: [command, …]` that prints the value the service works with, or write "
           "`trusted: true` for a service that reads the file by itself";
  if (!p.file->reload) return {};
  const ReloadBy& by = *p.file->reload;
  if (by.signal.has_value() == !by.exec.empty())
    return "`reload` needs either `signal` or `exec`; write `reload: { signal: HUP }`";
  return {};
}

std::vector<std::string> setting_keys(const SettingParams& p, const Member& member) {
  if (p.http) {
    const auto url = expand_member(p.http->url, member);
    return {"http:" + (url ? *url : p.http->url) + "#" + p.http->path};
  }
  if (p.haproxy) return {"socket:" + p.haproxy->socket + "#" + p.haproxy->setting};
  if (p.gunicorn) return {"workers:" + member.id};
  if (p.nginx) return {"file:" + p.nginx->config};
  if (p.php_fpm) return {"file:" + p.php_fpm->file};
  const auto path = p.file ? expand_member(p.file->path, member) : std::string();
  return {"file:" + (path ? *path : p.file->path)};
}

namespace {

int number_of(ReloadSignal signal) {
  switch (signal) {
    case ReloadSignal::Hup:
      return SIGHUP;
    case ReloadSignal::Usr1:
      return SIGUSR1;
    case ReloadSignal::Usr2:
      return SIGUSR2;
    case ReloadSignal::Winch:
      return SIGWINCH;
    case ReloadSignal::Term:
      return SIGTERM;
  }
  return SIGHUP;
}

Failure needs_process(const char* way) {
  return fail(Cause::BadInput, std::string("the target selects hosts, and `") + way +
                                   "` needs the service's process; add `process:` or `pid_file:` "
                                   "to the target");
}

Result<HttpAt> locate_http(const Member& member, const ByHttp& by, bool shared) {
  HttpAt at;
  GF_TRY_AS(at.url, expand_member(by.url, member));
  GF_TRY_AS(at.body, expand_member(by.body, member));
  for (const auto& [header, text] : by.headers) {
    GF_TRY_AS(at.headers[header], expand_member(text, member));
  }
  at.path = by.path;
  at.method = by.method;
  at.shared = shared;
  return at;
}

void aim_at(const ProcessInfo& process, ReloadAt& at) {
  at.process = process.id;
  at.argv = process.argv;
  at.service = ServiceId::of(process);
}

/// Whom the pid file names now; nobody when the service is not running.
Result<void> aim_by_file(Host& host, ReloadAt& at) {
  const auto process = process_in(host, at.pid_file);
  if (process) aim_at(*process, at);
  if (!process && process.error().cause != Cause::Gone) return fail(process.error());
  return {};
}

Result<void> aim(Host& host, const Member& member, ReloadAt& at) {
  if (member.pid == 0) return needs_process("reload");
  GF_TRY_AS(const ProcessInfo master, master_of(host, member.pid));
  aim_at(master, at);
  return {};
}

Result<ReloadAt> locate_reload(Host& host, const Member& member, const ReloadBy& by) {
  ReloadAt at;
  for (const auto& part : by.exec) {
    GF_TRY_AS(at.exec.emplace_back(), expand_member(part, member));
  }
  GF_TRY_AS(at.pid_file, expand_member(by.pid_file, member));
  if (!by.signal) return at;
  at.signal = number_of(*by.signal);
  if (!at.pid_file.empty()) {
    GF_TRY(aim_by_file(host, at));
    return at;
  }
  if (by.process.empty()) {
    GF_TRY(aim(host, member, at));
    return at;
  }
  for (int pid = member.pid; pid > 1;) {
    GF_TRY_AS(const ProcessInfo info, host.processes.look(pid));
    if (info.name == by.process) {
      aim_at(info, at);
      return at;
    }
    pid = info.parent;
  }
  return fail(Cause::BadInput, "neither " + member.label + " nor an ancestor of it is named `" +
                                   by.process + "`; check `reload.process`, or use `pid_file`");
}

Result<FileAt> locate_file(Host& host, const Member& member, const ByFile& by) {
  FileAt at;
  GF_TRY_AS(at.path, expand_member(by.path, member));
  at.key = by.key;
  at.line = by.line;
  at.section = by.section;
  for (const auto& part : by.check) {
    GF_TRY_AS(at.check.emplace_back(), expand_member(part, member));
  }
  for (const auto& part : by.read_back) {
    GF_TRY_AS(at.read_back.emplace_back(), expand_member(part, member));
  }
  at.trusted = by.trusted;
  if (by.reload) {
    GF_TRY_AS(at.reload, locate_reload(host, member, *by.reload));
  }
  at.reload.new_workers = at.reload.signal != 0 && at.read_back.empty() && !at.trusted;
  if (at.reload.new_workers && at.reload.process.pid != 0) {
    GF_TRY_AS(const auto children, children_of(host, at.reload.process.pid));
    for (const ProcessInfo& child : children) at.reload.workers.push_back(child.id);
  }
  return at;
}

Result<FileAt> locate_nginx(Host& host, const Member& member, const ByNginx& by) {
  FileAt at{.path = by.config, .key = by.setting};
  at.reload.signal = SIGHUP;
  at.reload.new_workers = at.reload.surely = true;
  at.reload.pid_file = by.pid_file;
  GF_TRY(by.pid_file.empty() ? aim(host, member, at.reload) : aim_by_file(host, at.reload));
  return at;
}

/// "php-fpm: master process (/etc/php/8.2/fpm/php-fpm.conf)" names its configuration. The test
/// comes first: php-fpm ends for good when it is told to reload a file that it cannot accept.
Result<FileAt> locate_php_fpm(Host& host, const Member& member, const ByPhpFpm& by) {
  if (member.pid == 0) return needs_process("php_fpm");
  GF_TRY_AS(const ProcessInfo master, master_of(host, member.pid));
  FileAt at{.path = by.file, .key = by.setting, .section = by.pool};
  at.reload.signal = SIGUSR2;
  at.reload.new_workers = at.reload.surely = true;
  aim_at(master, at.reload);
  const std::string title = master.argv.empty() ? "" : master.argv[0];
  const auto open = title.find('('), close = title.rfind(')');
  if (open == std::string::npos || close == std::string::npos || close < open)
    return fail(Cause::BadInput, master.name + "[" + std::to_string(master.id.pid) +
                                     "] does not look like php-fpm's master; select it by "
                                     "`pid_file`");
  at.check = {master.name, "-t", "-y", title.substr(open + 1, close - open - 1)};
  return at;
}

}  // namespace

Result<SettingAt> locate(Host& host, const Member& member, const SettingParams& p) {
  SettingAt at;
  if (p.http) {
    GF_TRY_AS(at.http, locate_http(member, *p.http, p.shared));
  } else if (p.file) {
    GF_TRY_AS(at.file, locate_file(host, member, *p.file));
  } else if (p.nginx) {
    GF_TRY_AS(at.file, locate_nginx(host, member, *p.nginx));
  } else if (p.php_fpm) {
    GF_TRY_AS(at.file, locate_php_fpm(host, member, *p.php_fpm));
  } else if (p.haproxy) {
    at.haproxy = HaproxyAt{p.haproxy->socket, p.haproxy->setting.substr(sizeof("maxconn ") - 1)};
  } else {
    if (member.pid == 0) return needs_process("gunicorn");
    GF_TRY_AS(const ProcessInfo master, master_of(host, member.pid));
    at.gunicorn = GunicornAt{master.id};
  }
  return at;
}

}  // namespace gunflint
