// flag_file: puts a file in place and takes it away again; the worked example of CONTRIBUTING.md.
// Web servers, deploy scripts and feature switches look for such files: a maintenance flag, a kill switch.
#include "gunflint/concepts/fault.hpp"

namespace gunflint {
namespace {

struct FlagFile {
  static constexpr std::string_view name = "flag_file";
  static constexpr std::string_view summary = "Puts a file in place, and takes it away again.";
  static constexpr std::string_view example = R"(- name: maintenance page
  type: flag_file
  target: web
  path: /srv/shop/maintenance
  for: 30s
)";
  static constexpr Place place = Place::Host;
  static constexpr Healing healing = Healing::ByUs;

  struct Params {
    std::string path, content;
    static Fields<Params> fields() {
      return {field("path", &Params::path, "The file to put in place; absolute.").required(),
              field("content", &Params::content, "What it contains.")};
    }
  };
  struct Saved {
    std::string path, content;
    static Fields<Saved> fields() {
      return {field("path", &Saved::path, "The file.").required(),
              field("content", &Saved::content, "What we put into it.")};
    }
  };

  static std::vector<Need> needs(const Facts&, const Params&) { return {}; }
  static std::vector<std::string> touches(const Member&, const Params& params) {
    return {"file:" + params.path};
  }

  static Result<Saved> observe(Host& host, const Member&, const Params& params) {
    GF_TRY_AS(const bool there, host.files.exists(params.path));
    if (there)
      return fail(Cause::Conflict, "`" + params.path +
                                       "` exists already; name a file that does not, "
                                       "because ending this fault removes it");
    return Saved{params.path, params.content};
  }

  static Result<void> inject(Host& host, const Member&, const Params& params, const Saved&,
                             const Tag&) {
    return host.files.replace(params.path, params.content);
  }

  static Result<void> restore(Host& host, const Saved& saved, const Tag&) {
    auto present = host.files.read(saved.path);
    if (!present && present.error().cause == Cause::Gone) return {};
    if (!present) return fail(present.error());
    if (present->content != saved.content)
      return fail(Cause::Conflict, "`" + saved.path +
                                       "` has other content than this fault gave it; "
                                       "look at it and remove it by hand");
    auto removed = host.files.remove(saved.path);
    if (!removed && removed.error().cause != Cause::Gone) return removed;
    return {};
  }

  static Result<bool> restored(Host& host, const Saved& saved, const Tag&) {
    GF_TRY_AS(const bool there, host.files.exists(saved.path));
    return !there;
  }

  static Result<Bite> bite(Host& host, const Member&, const Params& params, const Saved&,
                           const Tag&) {
    GF_TRY_AS(const bool there, host.files.exists(params.path));
    return Bite{there, there ? "the file is in place" : "the file is gone", 1, there ? 1.0 : 0.0};
  }
};

}  // namespace

GUNFLINT_FAULT(flag_file, FlagFile)

}  // namespace gunflint
