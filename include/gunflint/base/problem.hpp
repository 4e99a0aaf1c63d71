#pragma once
/// Mistakes in a file, all of them, each with its place, one reason and one fix.

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gunflint/base/result.hpp"

namespace gunflint {

enum class Severity { Error, Warning };

struct Problem {
  Mark where;
  std::string code;  ///< stable: "E112", warnings "W031"; the list is docs/reference/problems.md
  std::string path;  ///< "faults[1].type"
  std::string sentence;    ///< "unknown fault type `kil`"
  std::string suggestion;  ///< "did you mean `kill`?"; may be empty
  std::string help;        ///< "gunflint explain kill"; may be empty
  std::vector<Mark> also;  ///< e.g. the other place of a name used twice
  Severity severity = Severity::Error;
};

/// Collects problems while a document is decoded, and knows where in the document we are.
class Reader {
 public:
  /// Adds a problem at the present path.
  Problem& problem(const Mark& where, std::string code, std::string sentence,
                   std::string suggestion = {});
  Problem& warning(const Mark& where, std::string code, std::string sentence,
                   std::string suggestion = {});

  /// Enters `.key` or `[index]` for the lifetime of the returned object.
  class [[nodiscard]] Scope {
   public:
    explicit Scope(std::string& path, std::size_t size) : path_(path), size_(size) {}
    ~Scope() { path_.resize(size_); }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    std::string& path_;
    std::size_t size_;
  };
  Scope in(std::string_view key);
  Scope in(std::size_t index);

  const std::string& path() const { return path_; }
  const std::vector<Problem>& problems() const { return problems_; }
  std::vector<Problem>& problems() { return problems_; }
  bool has_errors() const;

  /// Called for a key that no field has, before the nearest known key is suggested. Returns true if
  /// it reported the problem itself (other tools' words).
  std::function<bool(Reader&, const std::string& key, const Mark&,
                     std::span<const std::string> known)>
      on_unknown_key;

 private:
  std::string path_;
  std::vector<Problem> problems_;
};

/// The known word nearest to `word` (edit distance at most a third of its length), else empty.
std::string nearest(std::string_view word, std::span<const std::string> known);
/// "`a`, `b` or `c`"
std::string listed(std::span<const std::string> words, std::string_view last = "or");

}  // namespace gunflint
