#pragma once
/// A strict reader of the XML that a JUnit file may contain: elements, attributes, text. It accepts
/// nothing that a real parser would refuse: it is the judge of our writer.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gunflint::support {

struct Element {
  std::string name, text;
  std::map<std::string, std::string> attributes;
  std::vector<Element> children;

  std::vector<const Element*> all(std::string_view wanted) const {
    std::vector<const Element*> found;
    for (const Element& child : children) {
      if (child.name == wanted) found.push_back(&child);
      for (const Element* deeper : child.all(wanted)) found.push_back(deeper);
    }
    return found;
  }
};

class XmlReader {
 public:
  /// None when the text is not well-formed; `problem()` says where.
  static std::optional<Element> read(std::string_view text, std::string* problem = nullptr) {
    XmlReader reader(text);
    Element root;
    const std::string_view head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    bool ok = text.substr(0, head.size()) == head;
    reader.at_ = head.size();
    ok = ok && reader.element(root);
    reader.space();
    ok = ok && reader.at_ == text.size();
    if (!ok && problem)
      *problem = "not well-formed near: " +
                 std::string(text.substr(std::min(reader.at_, text.size()), 60));
    return ok ? std::optional(root) : std::nullopt;
  }

 private:
  explicit XmlReader(std::string_view text) : text_(text) {}
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  bool take(std::string_view what) {
    if (text_.substr(std::min(at_, text_.size()), what.size()) != what) return false;
    at_ += what.size();
    return true;
  }
  void space() {
    while (peek() == ' ' || peek() == '\n' || peek() == '\t') ++at_;
  }
  bool name(std::string& out) {
    while ((peek() >= 'a' && peek() <= 'z') || peek() == '-') out += text_[at_++];
    return !out.empty();
  }
  /// Character data up to `end`; entities are resolved, forbidden characters refused.
  bool data(char end, std::string& out) {
    while (at_ < text_.size() && peek() != end) {
      const auto c = static_cast<unsigned char>(peek());
      if (c == '<' || (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f) return false;
      if (c != '&') {
        out += text_[at_++];
        continue;
      }
      if (take("&amp;"))
        out += '&';
      else if (take("&lt;"))
        out += '<';
      else if (take("&gt;"))
        out += '>';
      else if (take("&quot;"))
        out += '"';
      else
        return false;
    }
    return at_ < text_.size();
  }
  bool element(Element& out) {
    if (!take("<") || !name(out.name)) return false;
    while (peek() == ' ') {
      ++at_;
      std::string key, value;
      if (!name(key) || !take("=\"") || !data('"', value) || !take("\"")) return false;
      if (!out.attributes.emplace(key, value).second) return false;  // twice
    }
    if (take("/>")) return true;
    if (!take(">")) return false;
    while (true) {
      if (!data('<', out.text)) return false;
      if (peek(1) == '/') break;
      if (!element(out.children.emplace_back())) return false;
    }
    return take("</" + out.name + ">");
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace gunflint::support
