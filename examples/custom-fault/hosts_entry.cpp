// hosts_entry: sends a name to another address by a line in the hosts file; the worked example of
// CONTRIBUTING.md. What a service does when a peer's name suddenly leads nowhere is worth knowing.
#include "gunflint/concepts/fault.hpp"

namespace gunflint {
namespace {

struct HostsEntry {
  static constexpr std::string_view name = "hosts_entry";
  static constexpr std::string_view summary =
      "Sends a name to another address, by a line in the hosts file.";
  static constexpr std::string_view example = R"(- name: the payment service is unreachable
  type: hosts_entry
  target: web
  host: payments.internal
  address: 192.0.2.1
  for: 30s
)";
  static constexpr Place place = Place::Host;
  static constexpr Healing healing = Healing::ByUs;

  struct Params {
    std::string host, address = "192.0.2.1", file = "/etc/hosts";
    static Fields<Params> fields() {
      return {
          field("host", &Params::host, "The name.").required(),
          field("address", &Params::address, "Where it shall lead; by default nowhere (RFC 5737)."),
          field("file", &Params::file, "The hosts file.")};
    }
  };
  struct Saved {
    std::string file;
    bool open_end = false;
    static Fields<Saved> fields() {
      return {field("file", &Saved::file, "The hosts file.").required(),
              field("open_end", &Saved::open_end, "It did not end with a line break.")};
    }
  };

  static std::vector<Need> needs(const Facts&, const Params&) { return {}; }
  static std::vector<std::string> touches(const Member&, const Params& params) {
    return {"file:" + params.file};
  }

  static Result<Saved> observe(Host& host, const Member&, const Params& params) {
    GF_TRY_AS(const FileState state, host.files.read(params.file));
    return Saved{params.file, !state.content.empty() && state.content.back() != '\n'};
  }

  static Result<void> inject(Host& host, const Member&, const Params& params, const Saved& saved,
                             const Tag& tag) {
    GF_TRY_AS(const FileState state, host.files.read(params.file));
    const std::string text =
        without_our_line(state.content, saved, tag) + (saved.open_end ? "\n" : "");
    return host.files.replace(params.file,
                              text + params.address + " " + params.host + " # " + tag.text + "\n");
  }

  static Result<void> restore(Host& host, const Saved& saved, const Tag& tag) {
    auto state = host.files.read(saved.file);
    if (!state && state.error().cause == Cause::Gone) return {};
    if (!state) return fail(state.error());
    const std::string text = without_our_line(state->content, saved, tag);
    if (text == state->content) return {};
    return host.files.replace(saved.file, text);
  }

  static Result<bool> restored(Host& host, const Saved& saved, const Tag& tag) {
    auto state = host.files.read(saved.file);
    if (!state && state.error().cause == Cause::Gone) return true;
    if (!state) return fail(state.error());
    return state->content.find(tag.text) == std::string::npos;
  }

  static Result<Bite> bite(Host& host, const Member&, const Params& params, const Saved&,
                           const Tag& tag) {
    GF_TRY_AS(const FileState state, host.files.read(params.file));
    const bool there = state.content.find(tag.text) != std::string::npos;
    return Bite{there, there ? "the line is in " + params.file : "the line is gone", 1,
                there ? 1.0 : 0.0};
  }

  /// The file as it would be without us; lines that others added meanwhile stay.
  static std::string without_our_line(std::string text, const Saved& saved, const Tag& tag) {
    const auto at = text.find("# " + tag.text);
    if (at == std::string::npos) return text;
    const auto begin = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;  // npos + 1 is 0
    const auto end = text.find('\n', at);
    text.erase(begin, end == std::string::npos ? end : end - begin + 1);
    if (saved.open_end && begin == text.size() && begin > 0) text.pop_back();
    return text;
  }
};

}  // namespace

GUNFLINT_FAULT(hosts_entry, HostsEntry)

}  // namespace gunflint
