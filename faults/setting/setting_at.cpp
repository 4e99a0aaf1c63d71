#include "setting/setting_at.hpp"

namespace gunflint {

Fields<HttpAt> HttpAt::fields() {
  using T = HttpAt;
  return {field("url", &T::url, "Where.").required(),
          field("field", &T::path, "Dotted path."),
          field("body", &T::body, "Template."),
          field("method", &T::method, "To write."),
          field("headers", &T::headers, "Of each request."),
          field("shared", &T::shared, "Three reads must agree.")};
}
ServiceId ServiceId::of(const ProcessInfo& process) {
  return {process.name, process.uid, process.pid_namespace, process.cgroups};
}
bool ServiceId::matches(const ProcessInfo& process) const {
  const bool same_space =
      pid_namespace == 0 || process.pid_namespace == 0 || pid_namespace == process.pid_namespace;
  return name == process.name && uid == process.uid && same_space && cgroups == process.cgroups;
}
Fields<ServiceId> ServiceId::fields() {
  using T = ServiceId;
  return {field("name", &T::name, "Name."), field("uid", &T::uid, "User."),
          field("pid_namespace", &T::pid_namespace, "Namespace."),
          field("cgroups", &T::cgroups, "Groups.")};
}
Fields<ReloadAt> ReloadAt::fields() {
  using T = ReloadAt;
  return {field("signal", &T::signal, "Number."),
          field("pid_file", &T::pid_file, "Whom."),
          field("process", &T::process, "Whom."),
          field("service", &T::service, "Whom."),
          field("argv", &T::argv, "Of that process."),
          field("exec", &T::exec, "Command."),
          field("new_workers", &T::new_workers, "Its children are replaced."),
          field("surely", &T::surely, "Known to be."),
          field("workers", &T::workers, "Seen first.")};
}
Fields<FileAt> FileAt::fields() {
  using T = FileAt;
  return {field("path", &T::path, "File.").required(),
          field("key", &T::key, "Name in the file."),
          field("line", &T::line, "Whole line."),
          field("section", &T::section, "Part of the file."),
          field("check", &T::check, "Command."),
          field("read_back", &T::read_back, "Command."),
          field("trusted", &T::trusted, "Nobody looks."),
          field("reload", &T::reload, "How.")};
}
Fields<HaproxyAt> HaproxyAt::fields() {
  using T = HaproxyAt;
  return {field("socket", &T::socket, "Path.").required(),
          field("scope", &T::scope, "Which limit.").required()};
}
Fields<GunicornAt> GunicornAt::fields() {
  return {field("master", &GunicornAt::master, "Its master.").required()};
}
Fields<SettingAt> SettingAt::fields() {
  using T = SettingAt;
  return {field("http", &T::http, "Way."), field("file", &T::file, "Way."),
          field("haproxy", &T::haproxy, "Way."), field("gunicorn", &T::gunicorn, "Way.")};
}

std::string in_words(const SettingAt& at) {
  if (at.http)
    return (at.http->path.empty() ? "the value" : "`" + at.http->path + "`") + " at " +
           at.http->url;
  if (at.haproxy) return "`" + at.haproxy->scope + "` of haproxy at " + at.haproxy->socket;
  if (at.gunicorn)
    return "the number of workers of gunicorn[" + std::to_string(at.gunicorn->master.pid) + "]";
  if (!at.file) return "the setting";
  const FileAt& file = *at.file;
  const std::string name = file.key.empty() ? file.line : file.key;
  const std::string section = file.section.empty() ? "" : " under [" + file.section + "]";
  return "`" + name + "`" + section + " in " + file.path;
}

Result<Value> read_setting(Host& host, const SettingAt& at) {
  if (at.http) return read_http(host, *at.http);
  if (at.haproxy) return read_haproxy(host, *at.haproxy);
  if (at.gunicorn) return read_gunicorn(host, *at.gunicorn);
  if (at.file) return read_file(host, *at.file);
  return fail(Cause::BadInput, "the undo record names no setting");
}

Result<void> write_setting(Host& host, const SettingAt& at, const Value& value, Purpose purpose) {
  if (at.http) return write_http(host, *at.http, value);
  if (at.haproxy) return write_haproxy(host, *at.haproxy, value);
  if (at.gunicorn) return write_gunicorn(host, *at.gunicorn, value);
  if (at.file) return write_file(host, *at.file, value, purpose);
  return fail(Cause::BadInput, "the undo record names no setting");
}

Result<Value> value_at_work(Host& host, const SettingAt& at) {
  return at.file && !at.file->read_back.empty() ? read_back(host, *at.file)
                                                : read_setting(host, at);
}

Result<void> can_be_seen(Host& host, const SettingAt& at, const Value& now) {
  return at.file ? can_be_seen(host, *at.file, now) : Result<void>();
}

Result<void> reload_setting(Host& host, const SettingAt& at) {
  return at.file ? reload(host, at.file->reload, Purpose::Undo) : Result<void>();
}

Result<ProcessInfo> master_of(Host& host, int pid) {
  GF_TRY_AS(ProcessInfo info, host.processes.look(pid));
  while (info.parent > 1) {
    GF_TRY_AS(ProcessInfo parent, host.processes.look(info.parent));
    if (parent.name != info.name) break;
    info = std::move(parent);
  }
  return info;
}

Result<std::vector<ProcessInfo>> children_of(Host& host, int pid) {
  GF_TRY_AS(std::vector<ProcessInfo> all, host.processes.descendants(pid));
  std::erase_if(all, [pid](const ProcessInfo& p) { return p.parent != pid || p.state == 'Z'; });
  return all;
}

}  // namespace gunflint
