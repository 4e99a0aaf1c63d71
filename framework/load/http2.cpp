#include "load/http2.hpp"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>

#include "load/ascii.hpp"

namespace gunflint {
namespace {

/// Answers are never held back by flow control of ours: we always read.
constexpr std::int32_t window = (1u << 30) - 1;

Http2Session::Stream* stream_of(nghttp2_session* session, std::int32_t id) {
  return static_cast<Http2Session::Stream*>(nghttp2_session_get_stream_user_data(session, id));
}

nghttp2_nv field_of(const Http2Field& field) {
  auto bytes = [](std::string_view text) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  };
  const int flags =
      NGHTTP2_NV_FLAG_NO_COPY_NAME | (field.lasting ? NGHTTP2_NV_FLAG_NO_COPY_VALUE : 0);
  return {bytes(field.name), bytes(field.value), field.name.size(), field.value.size(),
          static_cast<std::uint8_t>(flags)};
}

ssize_t read_body(nghttp2_session* session, std::int32_t id, std::uint8_t* to, std::size_t size,
                  std::uint32_t* flags, nghttp2_data_source*, void*) {
  auto* stream = stream_of(session, id);
  if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  auto& rest = stream->request_body;
  const auto taken = std::min(size, rest.size());
  std::memcpy(to, rest.data(), taken);
  rest.remove_prefix(taken);
  if (rest.empty()) *flags |= NGHTTP2_DATA_FLAG_EOF;
  return static_cast<ssize_t>(taken);
}

}  // namespace

/// What nghttp2 tells while it takes bytes.
struct Http2Session::Callbacks {
  static int on_header(nghttp2_session* session, const nghttp2_frame* frame,
                       const std::uint8_t* name, std::size_t name_size, const std::uint8_t* value,
                       std::size_t value_size, std::uint8_t, void*) {
    auto* stream = stream_of(session, frame->hd.stream_id);
    if (stream == nullptr || frame->hd.type != NGHTTP2_HEADERS) return 0;
    const std::string_view key(reinterpret_cast<const char*>(name), name_size);
    const std::string_view text(reinterpret_cast<const char*>(value), value_size);
    if (key == ":status") {
      stream->status = 0;
      for (const char c : text) stream->status = stream->status * 10 + (c - '0');
      stream->head.clear();  // of an interim answer
      return 0;
    }
    if (frame->headers.cat == NGHTTP2_HCAT_HEADERS && stream->body_bytes > 0) return 0;  // trailers
    if (stream->keep.head || (stream->keep.cookies && key == "set-cookie")) {
      if (stream->head.size() + name_size + value_size > ResponseParser::head_limit) {
        stream->why = "the head is longer than 64 KiB";
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
      }
      stream->head.append(key).append(": ").append(text).append("\n");
    }
    return 0;
  }

  static int on_data(nghttp2_session* session, std::uint8_t, std::int32_t id,
                     const std::uint8_t* data, std::size_t size, void*) {
    auto* stream = stream_of(session, id);
    if (stream == nullptr) return 0;
    stream->body_bytes += size;
    auto& body = stream->body;
    if (stream->keep.body && body.size() < ResponseParser::body_limit)
      body.append(reinterpret_cast<const char*>(data),
                  std::min(size, ResponseParser::body_limit - body.size()));
    return 0;
  }

  static int on_frame(nghttp2_session* session, const nghttp2_frame* frame, void* self) {
    if ((frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
        (frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
      if (auto* stream = stream_of(session, frame->hd.stream_id)) stream->whole = true;
    if (frame->hd.type != NGHTTP2_GOAWAY) return 0;
    auto& http2 = *static_cast<Http2Session*>(self);
    http2.leaving_ = http2.told_to_leave_ = true;
    return 0;
  }

  static int on_close(nghttp2_session* session, std::int32_t id, std::uint32_t code, void* self) {
    auto* stream = stream_of(session, id);
    if (stream == nullptr) return 0;
    stream->code = code;
    // Without END_STREAM it is cut off, whatever the code (RFC 9113, 8.1).
    const bool answered = code == NGHTTP2_NO_ERROR && stream->whole && stream->status >= 200;
    static_cast<Http2Session*>(self)->close(
        *stream, answered                                                 ? End::Answered
                 : code == NGHTTP2_REFUSED_STREAM                         ? End::Unprocessed
                 : code == NGHTTP2_PROTOCOL_ERROR || *stream->why != '\0' ? End::Broken
                                                                          : End::Reset);
    return 0;
  }

  static int on_sent(nghttp2_session* session, const nghttp2_frame* frame, void* self) {
    if (frame->hd.type != NGHTTP2_HEADERS) return 0;
    auto* stream = stream_of(session, frame->hd.stream_id);
    if (stream == nullptr) return 0;
    stream->sent = true;
    static_cast<Http2Session*>(self)->going_out.push_back(stream->user);
    return 0;
  }

  /// A request that could not be sent because the server has said goodbye meanwhile.
  static int on_not_sent(nghttp2_session*, const nghttp2_frame* frame, int, void* self) {
    if (frame->hd.type != NGHTTP2_HEADERS) return 0;
    auto& http2 = *static_cast<Http2Session*>(self);
    // The protocol knows no stream yet whose request was never sent.
    for (auto& stream : http2.streams_)
      if (stream.open && stream.id == frame->hd.stream_id) http2.close(stream, End::Unprocessed);
    return 0;
  }

  static const nghttp2_session_callbacks* all() {
    static const nghttp2_session_callbacks* made = [] {
      nghttp2_session_callbacks* callbacks = nullptr;
      nghttp2_session_callbacks_new(&callbacks);
      nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
      nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
      nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
      nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
      nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_sent);
      nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks, on_not_sent);
      return callbacks;
    }();
    return made;
  }
};

Http2Session::Http2Session(int most_streams) : most_streams_(most_streams) {
  nghttp2_option* options = nullptr;
  nghttp2_option_new(&options);
  // Until its SETTINGS come, the server is taken to allow what we want: the first requests need not
  // wait a round trip, and one too many is refused as unprocessed.
  nghttp2_option_set_peer_max_concurrent_streams(options, static_cast<std::uint32_t>(most_streams));
  nghttp2_session_client_new2(&session_, Callbacks::all(), this, options);
  nghttp2_option_del(options);
  if (session_ == nullptr) return;
  const std::array<nghttp2_settings_entry, 2> settings{
      {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
       {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, static_cast<std::uint32_t>(window)}}};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, window);
}

Http2Session::~Http2Session() { nghttp2_session_del(session_); }

int Http2Session::room() const {
  if (session_ == nullptr || leaving_ || nghttp2_session_check_request_allowed(session_) == 0)
    return 0;
  const auto allowed =
      nghttp2_session_get_remote_settings(session_, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
  const auto most = std::min(static_cast<std::uint32_t>(most_streams_), allowed);
  return static_cast<int>(most) - open_;
}

bool Http2Session::submit(std::uint32_t user, const Http2Fields& fields, const std::string* body,
                          ResponseParser::Keep keep, std::int32_t& place) {
  Stream* stream = nullptr;
  if (free_.empty()) {
    stream = &streams_.emplace_back();
    stream->place = static_cast<std::int32_t>(streams_.size() - 1);
  } else {
    stream = free_.back();
    free_.pop_back();
  }
  stream->user = user;
  stream->end = End::Answered;
  stream->code = 0;
  stream->keep = keep;
  stream->status = 0;
  stream->head.clear();
  stream->body.clear();
  stream->body_bytes = 0;
  stream->sent = stream->whole = false;
  stream->why = "";
  std::array<nghttp2_nv, 64> few;
  std::vector<nghttp2_nv> many;
  nghttp2_nv* list = few.data();
  if (fields.size() > few.size()) {
    many.resize(fields.size());
    list = many.data();
  }
  for (std::size_t i = 0; i < fields.size(); ++i) list[i] = field_of(fields[i]);
  nghttp2_data_provider provider{};
  provider.read_callback = read_body;
  if (body != nullptr) {
    stream->owned_body = *body;
    stream->request_body = stream->owned_body;
  }
  const auto id =
      nghttp2_submit_request(session_, nullptr, list, fields.size(),
                             body != nullptr && !body->empty() ? &provider : nullptr, stream);
  if (id < 0) {
    leaving_ = true;  // out of stream ids, or not started: another connection carries it
    free_.push_back(stream);
    return false;
  }
  stream->id = id;
  stream->open = true;
  place = stream->place;
  ++open_;
  return true;
}

void Http2Session::close(Stream& stream, End end) {
  nghttp2_session_set_stream_user_data(session_, stream.id, nullptr);
  stream.open = false;
  stream.end = end;
  --open_;
  ended.push_back(&stream);
}

void Http2Session::cancel(std::int32_t place) {
  auto& stream = streams_[static_cast<std::size_t>(place)];
  if (!stream.open) return;
  close(stream, End::Reset);
  ended.pop_back();
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream.id, NGHTTP2_CANCEL);
  release(&stream);
}

bool Http2Session::feed(std::string_view bytes) {
  const auto taken = nghttp2_session_mem_recv(
      session_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  if (taken == static_cast<ssize_t>(bytes.size())) return true;
  reason_ = fmt::format("the server does not speak HTTP/2 as it should ({})",
                        nghttp2_strerror(static_cast<int>(taken)));
  leaving_ = true;
  close_all(End::Broken);
  return false;
}

void Http2Session::feed_end() {
  leaving_ = true;
  close_all(End::Reset);
}

void Http2Session::close_all(End end) {
  for (auto& stream : streams_)
    if (stream.open) close(stream, stream.sent ? end : End::Unsent);
}

std::vector<std::uint32_t> Http2Session::users() const {
  std::vector<std::uint32_t> all;
  for (const auto& stream : streams_)
    if (stream.open) all.push_back(stream.user);
  return all;
}

std::string_view Http2Session::next_bytes() {
  const std::uint8_t* data = nullptr;
  const auto size = nghttp2_session_mem_send(session_, &data);
  if (size <= 0) return {};
  return {reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)};
}

bool Http2Session::finished() const {
  return nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0;
}

void Http2Session::release(Stream* stream) {
  stream->id = -1;
  stream->owned_body.clear();
  free_.push_back(stream);
}

}  // namespace gunflint
