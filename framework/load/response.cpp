#include "load/response.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "load/ascii.hpp"

namespace gunflint {
namespace {

/// tchar of RFC 9110, 5.6.2.
constexpr auto token_characters = [] {
  std::array<bool, 256> is{};
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) is[static_cast<unsigned char>(c)] = true;
  for (int c = 0; c < 10; ++c) is[static_cast<std::size_t>('0' + c)] = true;
  for (int c = 0; c < 26; ++c)
    is[static_cast<std::size_t>('a' + c)] = is[static_cast<std::size_t>('A' + c)] = true;
  return is;
}();

/// How many characters of a token `text` begins with.
std::size_t token_length(std::string_view text) {
  std::size_t n = 0;
  while (n < text.size() && token_characters[static_cast<unsigned char>(text[n])]) ++n;
  return n;
}

/// Calls `each` for every element of a comma-separated list.
template <class F>
void for_each_element(std::string_view list, F each) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    each(trim(list.substr(0, comma)));
    if (comma == list.npos) break;
    list.remove_prefix(comma + 1);
  }
}

/// Decimal digits only, at most 18 of them.
bool read_length(std::string_view text, std::uint64_t& out) {
  if (text.empty() || text.size() > 18) return false;
  out = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    out = out * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return true;
}

}  // namespace

void ResponseParser::begin(bool to_head, Keep keep) {
  state_ = State::StatusLine;
  keep_ = keep;
  to_head_ = to_head;
  started_ = false;
  meaning_ = {};
  body_bytes_ = 0;
  reason_ = "";
  partial_.clear();
  head_.clear();
  body_.clear();
}

std::size_t ResponseParser::feed(std::string_view bytes, LastHead* last) {
  const std::string_view given = bytes;
  if (started_) last = nullptr;  // the head has begun in bytes that are gone
  if (last) bytes.remove_prefix(recall(bytes, *last));
  if (!given.empty() && state_ != State::Done && state_ != State::Failed) started_ = true;
  while (!bytes.empty() && state_ != State::Done && state_ != State::Failed) {
    const bool head = in_head();
    if (state_ == State::Length || state_ == State::ChunkData || state_ == State::UntilClose)
      bytes.remove_prefix(take_body(bytes));
    else
      bytes.remove_prefix(take_line(bytes));
    if (head && last && !in_head()) remember(given.substr(0, given.size() - bytes.size()), *last);
  }
  return given.size() - bytes.size();
}

/// How many of the bytes are a head whose meaning is known.
std::size_t ResponseParser::recall(std::string_view bytes, const LastHead& last) {
  if (last.text_.empty() || state_ != State::StatusLine || last.to_head_ != to_head_ ||
      !(last.keep_ == keep_) || !bytes.starts_with(last.text_))
    return 0;
  state_ = last.state_;
  meaning_ = last.meaning_;
  if (!last.head_.empty()) head_ = last.head_;
  return last.text_.size();
}

void ResponseParser::remember(std::string_view text, LastHead& last) const {
  if (state_ == State::Failed) return;
  last.text_ = text;
  last.to_head_ = to_head_;
  last.keep_ = keep_;
  last.state_ = state_;
  last.meaning_ = meaning_;
  last.head_ = head_;
}

void ResponseParser::feed_end() {
  if (state_ == State::UntilClose)
    state_ = State::Done;
  else if (state_ != State::Done && state_ != State::Failed)
    broken(started_ ? "the connection was closed in the middle of the answer"
                    : "the connection was closed without an answer");
  meaning_.keep_alive = false;
}

std::size_t ResponseParser::take_line(std::string_view bytes) {
  const auto* end = static_cast<const char*>(std::memchr(bytes.data(), '\n', bytes.size()));
  const auto length = end ? static_cast<std::size_t>(end - bytes.data()) : bytes.size();
  if (partial_.size() + length > line_limit) {
    broken("a line is longer than 16 KiB");
    return bytes.size();
  }
  if (!end) {
    partial_.append(bytes);
    return bytes.size();
  }
  std::string_view text = bytes.substr(0, length);
  if (!partial_.empty()) {
    partial_.append(text);
    text = partial_;
  }
  if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
  line(text);
  partial_.clear();
  return length + 1;
}

void ResponseParser::line(std::string_view text) {
  switch (state_) {
    case State::StatusLine:
      return status_line(text);
    case State::Header:
      return text.empty() ? head_ended() : header_line(text);
    case State::ChunkSize:
      return chunk_size(text);
    case State::ChunkEnd:
      if (!text.empty()) return broken("a chunk is longer than it said");
      state_ = State::ChunkSize;
      return;
    case State::Trailer:
      meaning_.head_bytes += static_cast<std::uint32_t>(text.size()) + 1;
      if (meaning_.head_bytes > head_limit) return broken("the trailers are longer than 64 KiB");
      if (text.empty()) state_ = State::Done;
      return;
    default:
      return;
  }
}

void ResponseParser::status_line(std::string_view text) {
  auto digit = [&](std::size_t i) { return text[i] >= '0' && text[i] <= '9'; };
  if (text.size() < 12 || !text.starts_with("HTTP/1.") || !digit(7) || text[8] != ' ' ||
      !digit(9) || !digit(10) || !digit(11) || (text.size() > 12 && text[12] != ' '))
    return broken("the answer does not begin with an HTTP/1.1 status line");
  meaning_.status =
      static_cast<std::int16_t>((text[9] - '0') * 100 + (text[10] - '0') * 10 + (text[11] - '0'));
  if (meaning_.status < 100) return broken("the status is below 100");
  meaning_.http10 = text[7] == '0';
  meaning_.keep_alive = !meaning_.http10;
  state_ = State::Header;
}

void ResponseParser::header_line(std::string_view text) {
  meaning_.head_bytes += static_cast<std::uint32_t>(text.size()) + 1;
  if (meaning_.head_bytes > head_limit) return broken("the head is longer than 64 KiB");
  if (is_space(text.front())) return;  // folded: the continuation of a value we do not need
  const auto colon = token_length(text);
  if (colon == 0 || colon == text.size() || text[colon] != ':')
    return broken(text.find(':') == text.npos
                      ? "a header line has no colon"
                      : "a header name holds a character that is not allowed");
  if (std::memchr(text.data(), 0, text.size())) return broken("a header holds a NUL character");
  const auto name = text.substr(0, colon);
  const char first = lower(name.front());
  if (first != 'c' && first != 't' && !(first == 's' && keep_.cookies) && !keep_.head) return;
  const auto value = trim(text.substr(colon + 1));
  if (first == 'c' && same_word(name, "content-length")) {
    // A list of equal values is what some proxies make of a repeated header (RFC 9112, 6.3).
    bool bad = value.empty();
    for_each_element(value, [&](std::string_view element) {
      std::uint64_t length = 0;
      if (!read_length(element, length) || (meaning_.has_length && length != meaning_.left))
        bad = true;
      meaning_.left = length;
      meaning_.has_length = true;
    });
    if (bad) return broken("Content-Length is no number, or there are two different ones");
  } else if (first == 'c' && same_word(name, "connection")) {
    for_each_element(value, [&](std::string_view element) {
      if (same_word(element, "close")) meaning_.keep_alive = false;
      if (meaning_.http10 && same_word(element, "keep-alive")) meaning_.keep_alive = true;
    });
  } else if (first == 't' && same_word(name, "transfer-encoding")) {
    for_each_element(value, [&](std::string_view element) {
      if (meaning_.chunked) meaning_.other_coding = true;  // chunked must be the last and only once
      if (same_word(element, "chunked"))
        meaning_.chunked = true;
      else
        meaning_.other_coding = true;
    });
  }
  const bool kept = keep_.head || (keep_.cookies && first == 's' && same_word(name, "set-cookie"));
  if (kept) head_.append(name).append(": ").append(value).append("\n");
}

void ResponseParser::head_ended() {
  if (meaning_.status == 101)
    return broken("status 101 switches to a protocol that was not asked for");
  if (meaning_.status < 200) {  // interim answers: the final one follows
    head_.clear();
    meaning_.chunked = meaning_.has_length = meaning_.other_coding = false;
    state_ = State::StatusLine;
    return;
  }
  if (to_head_ || meaning_.status == 204 || meaning_.status == 304) {
    state_ = State::Done;
    return;
  }
  if (meaning_.chunked) {
    // Both at once is how answers are smuggled: usable, but the connection is not (RFC 9112, 6.3).
    if (meaning_.has_length) meaning_.keep_alive = false;
    meaning_.left = 0;
    state_ = State::ChunkSize;
    return;
  }
  if (meaning_.other_coding || !meaning_.has_length) {
    meaning_.keep_alive = false;
    state_ = State::UntilClose;
    return;
  }
  state_ = meaning_.left == 0 ? State::Done : State::Length;
}

void ResponseParser::chunk_size(std::string_view text) {
  const auto digits = trim(text.substr(0, text.find(';')));
  if (digits.empty() || digits.size() > 15) return broken("the chunk size is no number");
  std::uint64_t size = 0;
  for (const char c : digits) {
    const char l = lower(c);
    if (l >= '0' && l <= '9')
      size = size * 16 + static_cast<std::uint64_t>(l - '0');
    else if (l >= 'a' && l <= 'f')
      size = size * 16 + static_cast<std::uint64_t>(l - 'a' + 10);
    else
      return broken("the chunk size is no number");
  }
  meaning_.left = size;
  state_ = size == 0 ? State::Trailer : State::ChunkData;
}

std::size_t ResponseParser::take_body(std::string_view bytes) {
  const auto size =
      state_ == State::UntilClose
          ? bytes.size()
          : static_cast<std::size_t>(std::min<std::uint64_t>(meaning_.left, bytes.size()));
  if (keep_.body && body_.size() < body_limit)
    body_.append(bytes.substr(0, std::min(size, body_limit - body_.size())));
  body_bytes_ += size;
  if (state_ == State::UntilClose) return size;
  meaning_.left -= size;
  if (meaning_.left == 0) state_ = state_ == State::Length ? State::Done : State::ChunkEnd;
  return size;
}

std::string_view ResponseParser::find_header(std::string_view head, std::string_view name,
                                             bool& found, std::size_t* from) {
  found = false;
  std::size_t at = from ? *from : 0;
  while (at < head.size()) {
    const auto end = std::min(head.find('\n', at), head.size());
    const auto text = head.substr(at, end - at);
    at = end + 1;
    const auto colon = text.find(':');
    if (colon == text.npos || !same_word(text.substr(0, colon), name)) continue;
    found = true;
    if (from) *from = at;
    return trim(text.substr(colon + 1));
  }
  return {};
}

}  // namespace gunflint
