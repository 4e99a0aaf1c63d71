#include <fmt/format.h>

#include "support/fake_ports.hpp"

namespace gunflint {

// ---- files --------------------------------------------------------------------------------------
Result<FileState> FakeFiles::read(const std::string& path) {
  return fake_.call<FileState>("read " + path, false, [&]() -> Result<FileState> {
    const auto found = world_.files.find(path);
    if (found == world_.files.end()) return fail(Cause::Gone, "there is no file " + path);
    return found->second;
  });
}
Result<void> FakeFiles::replace(const std::string& path, const std::string& content) {
  return fake_.call<void>("replace " + path, true, [&]() -> Result<void> {
    const auto found = world_.files.find(path);
    if (found == world_.files.end()) return fail(Cause::Gone, "there is no file " + path);
    found->second.content = content;
    return {};
  });
}
Result<void> FakeFiles::remove(const std::string& path) {
  return fake_.call<void>("remove " + path, true, [&]() -> Result<void> {
    if (world_.files.erase(path) == 0) return fail(Cause::Gone, "there is no file " + path);
    return {};
  });
}
Result<bool> FakeFiles::exists(const std::string& path) {
  return fake_.call<bool>("exists " + path, false,
                          [&]() -> Result<bool> { return world_.files.contains(path); });
}
Result<std::vector<std::string>> FakeFiles::list(const std::string& folder) {
  return fake_.call<std::vector<std::string>>("list " + folder, false, [&] {
    std::vector<std::string> names;
    for (const auto& [path, file] : world_.files)
      if (path.starts_with(folder + "/") && path.find('/', folder.size() + 1) == std::string::npos)
        names.push_back(path.substr(folder.size() + 1));
    return Result<std::vector<std::string>>(std::move(names));
  });
}

// ---- network ------------------------------------------------------------------------------------
Result<void> FakeNetwork::add(const Rule& rule, const Tag& tag) {
  return fake_.call<void>(fmt::format("add {} {}", tag.text, to_json(encode(rule))), true,
                          [&]() -> Result<void> {
                            world_.rules[tag.text] = rule;
                            return {};
                          });
}
Result<void> FakeNetwork::remove(const Tag& tag) {
  return fake_.call<void>("remove rule " + tag.text, true, [&]() -> Result<void> {
    world_.rules.erase(tag.text);
    return {};
  });
}
Result<bool> FakeNetwork::present(const Tag& tag) {
  return fake_.call<bool>("present " + tag.text, false,
                          [&]() -> Result<bool> { return world_.rules.contains(tag.text); });
}
Result<Matched> FakeNetwork::matched(const Tag& tag) {
  return fake_.call<Matched>("matched " + tag.text, false, [&]() -> Result<Matched> {
    if (!world_.rules.contains(tag.text)) return fail(Cause::Gone, "no rule carries " + tag.text);
    return Matched{10, 1000};
  });
}
Result<std::vector<std::string>> FakeNetwork::resolve(const std::string& name) {
  using Addresses = Result<std::vector<std::string>>;
  return fake_.call<std::vector<std::string>>("resolve " + name, false, [&]() -> Addresses {
    if (name.find_first_not_of("0123456789.:/abcdef") == std::string::npos)
      return std::vector{name};
    const auto known = world_.outside.find("address of " + name);
    if (known == world_.outside.end())
      return fail(Cause::Unreachable, "the name " + name + " has no address; check its spelling");
    return std::vector{known->second};
  });
}

// ---- holders ------------------------------------------------------------------------------------
Result<void> FakeHolders::start(const std::string& kind, const Value& config, const Tag& tag) {
  return fake_.call<void>(fmt::format("start {} {} {}", kind, to_json(config), tag.text), true,
                          [&]() -> Result<void> {
                            FakeHolder& holder = world_.holders[tag.text];
                            holder.kind = kind;
                            holder.config = config;
                            return {};
                          });
}
Result<Value> FakeHolders::stats(const Tag& tag) {
  return fake_.call<Value>("stats " + tag.text, false, [&]() -> Result<Value> {
    const auto found = world_.holders.find(tag.text);
    if (found == world_.holders.end()) return fail(Cause::Gone, "no holder carries " + tag.text);
    const auto script = scripts.find(found->second.kind);
    return script == scripts.end() ? found->second.stats : script->second(fake_, found->second);
  });
}
Result<void> FakeHolders::stop(const Tag& tag) {
  return fake_.call<void>("stop " + tag.text, true, [&]() -> Result<void> {
    world_.holders.erase(tag.text);
    return {};
  });
}
Result<bool> FakeHolders::running(const Tag& tag) {
  return fake_.call<bool>("running " + tag.text, false,
                          [&]() -> Result<bool> { return world_.holders.contains(tag.text); });
}

// ---- http and sockets ---------------------------------------------------------------------------
Result<HttpResponse> FakeHttp::send(const HttpRequest& request) {
  const bool reads = request.method == "GET" || request.method == "HEAD";
  return fake_.call<HttpResponse>(
      fmt::format("{} {} {}", request.method, request.url, request.body), !reads,
      [&]() -> Result<HttpResponse> {
        if (!script) return fail(Cause::Unreachable, "nobody answers at " + request.url);
        return script(fake_, request);
      });
}
Result<std::string> FakeSockets::exchange(const std::string& path, const std::string& text,
                                          Duration) {
  // Commands that show are reads by the custom of control sockets.
  const bool reads = text.starts_with("show ") || text.starts_with("get ");
  return fake_.call<std::string>(
      fmt::format("socket {} {}", path, text), !reads, [&]() -> Result<std::string> {
        const auto found = scripts.find(path);
        if (found == scripts.end())
          return fail(Cause::Unreachable, "nobody accepts connections at socket " + path);
        return found->second(fake_, text);
      });
}

}  // namespace gunflint
