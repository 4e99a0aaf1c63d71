#include "model/vars.hpp"

#include <algorithm>
#include <cctype>
#include <set>

#include <fmt/format.h>

#include "model/load_files.hpp"

namespace gunflint {
namespace {

/// A short file must not become a huge document.
constexpr std::size_t most_text = 4 << 20;

bool is_name(std::string_view text) {
  return !text.empty() && !std::isdigit(static_cast<unsigned char>(text[0])) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-';
         });
}

/// What may stand in `${…}` at one place of the document.
struct Place {
  bool member = false;                               ///< `${member.…}` has a value here
  const std::set<std::string>* extracted = nullptr;  ///< names of earlier steps
  const ColumnsOfData* data = nullptr;               ///< of the load
  bool of_a_user = false;                            ///< a row has been taken here
};

class Substitution {
 public:
  Substitution(const std::map<std::string, std::string>& vars, const ReadOptions& options,
               std::vector<Secret>& secrets, Reader& reader)
      : vars_(vars), options_(options), secrets_(secrets), reader_(reader) {}

  void document(Value& document) {
    for (auto& entry : document.entries()) {
      auto scope = reader_.in(entry.key);
      if (entry.key == "vars" || entry.key == "use") continue;
      if (entry.key == "load")
        loads(entry.value);
      else
        walk(entry.value, {entry.key == "targets" || entry.key == "faults", nullptr});
    }
  }

  /// Replaces in one text. Returns false when something had no value.
  bool text(std::string& text, const Mark& mark, const Place& place) {
    std::string out;
    bool ok = true;
    std::size_t from = 0;
    while (true) {
      const auto open = text.find("${", from);
      out.append(text, from, open - from);
      if (open == text.npos) break;
      const auto close = text.find('}', open);
      if (close == text.npos) {
        reader_.problem(mark, "E130", "a `${` without its `}`", "write `${name}`");
        return false;
      }
      const std::string name = text.substr(open + 2, close - open - 2);
      from = close + 1;
      if (const auto value = find(name, mark, place))
        out += *value;
      else
        ok = false;
    }
    produced_ += out.size();
    if (produced_ > most_text) {
      if (!too_much_)
        reader_.problem(mark, "E002", "the file is larger than 4 MiB once variables are filled in",
                        "use shorter variables");
      too_much_ = true;
      return false;
    }
    text = std::move(out);
    return ok;
  }

 private:
  void walk(Value& value, const Place& place) {
    if (too_much_) return;
    if (value.is_text()) {
      const std::string& now = value.text();
      if (now.find("${") == now.npos) return;
      std::string replaced = now;
      const bool whole = now.rfind("${", 0) == 0 && now.find('}') + 1 == now.size();
      text(replaced, value.mark, place);
      Value fresh(std::move(replaced));
      fresh.mark = value.mark;
      // "${n}" as a whole is what the variable is: a number where a number is meant.
      fresh.plain = whole || value.plain;
      value = std::move(fresh);
    } else if (value.is_list()) {
      for (std::size_t i = 0; i < value.items().size(); ++i) {
        auto scope = reader_.in(i);
        walk(value.items()[i], place);
      }
    } else if (value.is_map()) {
      for (auto& entry : value.entries()) {
        auto scope = reader_.in(entry.key);
        walk(entry.value, place);
      }
    }
  }

  void loads(Value& all) {
    if (!all.is_map()) return walk(all, {});
    for (auto& load : all.entries()) {
      auto scope = reader_.in(load.key);
      if (!load.value.is_map()) {
        walk(load.value, {});
        continue;
      }
      const ColumnsOfData data = read_data(load.value);
      for (auto& entry : load.value.entries()) {
        auto inner = reader_.in(entry.key);
        if (entry.key == "data") continue;
        if (entry.key == "journeys" && entry.value.is_list())
          for (std::size_t i = 0; i < entry.value.items().size(); ++i) {
            auto at = reader_.in(i);
            journey(entry.value.items()[i], data);
          }
        else if (entry.key == "auth" && entry.value.is_map())
          for (auto& how : entry.value.entries()) {
            auto at = reader_.in(how.key);
            walk(how.value, {false, nullptr, &data, how.key == "bearer"});
          }
        else
          walk(entry.value,
               {false, nullptr, &data, entry.key == "requests" || entry.key == "headers"});
      }
    }
  }

  /// The data sets come first: what their columns are called is found in their files.
  ColumnsOfData read_data(Value& load) {
    Value* data = load.find("data");
    if (!data) return {};
    auto scope = reader_.in("data");
    walk(*data, {});
    for (const auto& set : data->is_map() ? data->entries() : Value::Map{}) {
      auto inner = reader_.in(set.key);
      if (!is_name(set.key) || set.key == "member")
        reader_.problem(set.mark, "E111", fmt::format("`{}` is no name for a data set", set.key),
                        set.key == "member" ? "`${member.…}` is something else: choose another"
                                            : "use letters, digits, `_` and `-`");
      if (vars_.count(set.key))
        reader_.problem(set.mark, "E133", fmt::format("`{}` is a variable and a data set", set.key),
                        "give one of them another name");
    }
    return read_columns(*data, reader_);
  }

  void journey(Value& journey, const ColumnsOfData& data) {
    std::set<std::string> names;
    const Place here{false, &names, &data, true};
    if (!journey.is_map()) return walk(journey, here);
    for (auto& entry : journey.entries()) {
      auto scope = reader_.in(entry.key);
      if (entry.key != "steps" || !entry.value.is_list()) {
        walk(entry.value, here);
        continue;
      }
      for (std::size_t i = 0; i < entry.value.items().size(); ++i) {
        auto at = reader_.in(i);
        Value& step = entry.value.items()[i];
        walk(step, here);
        const Value* extract = step.find("extract");
        if (!extract || !extract->is_map()) continue;
        for (const auto& name : extract->entries()) {
          const bool variable = vars_.count(name.key) > 0;
          if (variable || data.count(name.key.substr(0, name.key.find('.'))))
            reader_.problem(name.mark, "E133",
                            fmt::format("`{}` is a {} and an extracted name", name.key,
                                        variable ? "variable" : "data set"),
                            "give one of them another name");
          names.insert(name.key);
        }
      }
    }
  }

  std::optional<std::string> find(const std::string& raw, const Mark& mark, const Place& place) {
    std::string name = raw;
    while (!name.empty() && name.front() == ' ') name.erase(0, 1);
    while (!name.empty() && name.back() == ' ') name.pop_back();
    if (!name.empty() && name.front() == '{') {
      reader_.problem(mark, "E107", "`${{ }}` is a word of GitHub",
                      fmt::format("write `${{{}}}`", name.substr(name.find_first_not_of("{ "))));
      return std::nullopt;
    }
    if (name.rfind("env:", 0) == 0) return environment(name.substr(4), mark);
    if (name.rfind("secret:", 0) == 0) return secret(name.substr(7), mark);
    if (name.rfind("member.", 0) == 0) {
      if (place.member) return "${" + name + "}";
      reader_.problem(mark, "E132", fmt::format("`${{{}}}` has no value here", name),
                      "it has one in `targets` and in a fault's own fields");
      return std::nullopt;
    }
    if (place.extracted && place.extracted->count(name)) return "${" + name + "}";
    if (place.data)
      if (const auto set = place.data->find(name.substr(0, name.find('.')));
          set != place.data->end())
        return column(name, set->first, set->second, mark, place);
    if (const auto var = vars_.find(name); var != vars_.end()) return var->second;
    std::vector<std::string> known;
    for (const auto& [key, value] : vars_) known.push_back(key);
    if (place.extracted)
      known.insert(known.end(), place.extracted->begin(), place.extracted->end());
    if (place.data && place.of_a_user)
      for (const auto& [set, columns] : *place.data)
        for (const auto& column : columns.value_or(std::vector<std::string>{}))
          known.push_back(set + "." + column);
    const std::string near = nearest(name, known);
    std::string fix = !near.empty()   ? fmt::format("did you mean `${{{}}}`?", near)
                      : known.empty() ? std::string("the file has no `vars`")
                                      : fmt::format("known here: {}", listed(known, "and"));
    reader_.problem(mark, "E130", fmt::format("`${{{}}}` is not a variable of this file", name),
                    std::move(fix));
    return std::nullopt;
  }

  /// `${users.email}`: filled in while the load runs.
  std::optional<std::string> column(const std::string& name, const std::string& set,
                                    const std::optional<std::vector<std::string>>& columns,
                                    const Mark& mark, const Place& place) {
    const std::string kept = "${" + name + "}";
    if (!columns) return kept;  // its file has been complained of
    const std::string example = fmt::format("write `${{{}.{}}}`", set, columns->front());
    if (name == set) {
      reader_.problem(mark, "E130", fmt::format("`{}` is a whole data set", name), example);
      return std::nullopt;
    }
    const std::string wanted = name.substr(set.size() + 1);
    if (std::find(columns->begin(), columns->end(), wanted) == columns->end()) {
      const std::string near = nearest(wanted, *columns);
      reader_.problem(mark, "E130", fmt::format("`{}` has no column `{}`", set, wanted),
                      near.empty() ? fmt::format("it has {}", listed(*columns, "and"))
                                   : fmt::format("did you mean `${{{}.{}}}`?", set, near));
      return std::nullopt;
    }
    if (place.of_a_user) return kept;
    reader_.problem(mark, "E130", fmt::format("`{}` has no value here", kept),
                    "each user has its own in `journeys`, `requests`, `headers` and `auth.bearer`");
    return std::nullopt;
  }

  std::optional<std::string> environment(const std::string& name, const Mark& mark) {
    if (options_.environment)
      if (auto value = options_.environment(name)) return value;
    reader_.problem(mark, "E131", fmt::format("the environment has no `{}`", name),
                    fmt::format("set it, or give `vars` a value and use --set", name));
    return std::nullopt;
  }

  std::optional<std::string> secret(const std::string& name, const Mark& mark) {
    if (options_.secret)
      if (auto value = options_.secret(name)) {
        if (std::none_of(secrets_.begin(), secrets_.end(),
                         [&](const Secret& s) { return s.name == name; }))
          secrets_.push_back({name, *value});
        return value;
      }
    std::string variable = "GUNFLINT_SECRET_";
    for (const char c : name)
      variable += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    auto& p =
        options_.need_secrets
            ? reader_.problem(mark, "E131", fmt::format("the secret `{}` is not known", name))
            : reader_.warning(mark, "W231", fmt::format("the secret `{}` is not known", name));
    p.suggestion = fmt::format("set {} in the environment", variable);
    return "${secret:" + name + "}";
  }

  const std::map<std::string, std::string>& vars_;
  const ReadOptions& options_;
  std::vector<Secret>& secrets_;
  Reader& reader_;
  std::size_t produced_ = 0;
  bool too_much_ = false;
};

std::string variable_of(const std::string& name) {
  std::string out = "GUNFLINT_VAR_";
  for (const char c : name)
    out += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

std::optional<std::string> spelled(const Value& value) {
  if (value.is_text()) return value.text();
  if (value.is_bool()) return value.boolean() ? "true" : "false";
  if (value.is_number()) return print_number(value.number());
  return std::nullopt;
}

}  // namespace

std::map<std::string, std::string> resolve_vars(Value& document, const ReadOptions& options,
                                                std::vector<Secret>& secrets, Reader& reader) {
  std::map<std::string, std::string> vars;
  auto scope = reader.in("vars");
  if (Value* section = document.find("vars"); section && section->is_map()) {
    const std::map<std::string, std::string> none;
    Substitution substitution(none, options, secrets, reader);
    for (auto& entry : section->entries()) {
      auto at = reader.in(entry.key);
      if (!is_name(entry.key)) {
        reader.problem(entry.mark, "E111", fmt::format("`{}` is no name for a variable", entry.key),
                       "use letters, digits, `_` and `-`");
        continue;
      }
      auto value = spelled(entry.value);
      if (!value) {
        detail::wrong_kind(reader, entry.value, "a text or a number");
        continue;
      }
      if (options.environment)
        if (auto outside = options.environment(variable_of(entry.key))) value = outside;
      if (const auto given = options.set.find(entry.key); given != options.set.end())
        value = given->second;
      if (value->find("${") != value->npos && value->find("${env:") == value->npos &&
          value->find("${secret:") == value->npos) {
        reader.problem(entry.value.mark, "E130", "a variable does not use another one",
                       "write its value here");
        continue;
      }
      substitution.text(*value, entry.value.mark, {});
      vars[entry.key] = *value;
      const Mark mark = entry.value.mark;
      entry.value = Value(*value);
      entry.value.mark = mark;
      entry.value.plain = true;
    }
  }
  std::vector<std::string> known;
  for (const auto& [name, value] : vars) known.push_back(name);
  for (const auto& [name, value] : options.set)
    if (!vars.count(name)) {
      const std::string near = nearest(name, known);
      reader.problem({}, "E140", fmt::format("--set {}: the file has no variable `{}`", name, name),
                     near.empty() ? (known.empty() ? std::string("it has no `vars`")
                                                   : fmt::format("it has {}", listed(known, "and")))
                                  : fmt::format("did you mean `{}`?", near));
    }
  return vars;
}

void substitute(Value& document, const std::map<std::string, std::string>& vars,
                const ReadOptions& options, std::vector<Secret>& secrets, Reader& reader) {
  Substitution(vars, options, secrets, reader).document(document);
}

std::string redact(std::string text, const std::vector<Secret>& secrets) {
  for (const Secret& secret : secrets) {
    if (secret.value.empty()) continue;
    const std::string name = "${secret:" + secret.name + "}";
    for (auto at = text.find(secret.value); at != text.npos;
         at = text.find(secret.value, at + name.size()))
      text.replace(at, secret.value.size(), name);
  }
  return text;
}

Value redact(Value value, const std::vector<Secret>& secrets) {
  if (secrets.empty()) return value;
  if (value.is_text()) {
    Value out(redact(value.text(), secrets));
    out.mark = value.mark;
    out.plain = value.plain;
    return out;
  }
  if (value.is_list())
    for (auto& item : value.items()) item = redact(std::move(item), secrets);
  if (value.is_map())
    for (auto& entry : value.entries()) entry.value = redact(std::move(entry.value), secrets);
  return value;
}

}  // namespace gunflint
