#include "load/curl_wire.hpp"

#include <curl/curl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <mutex>

#include <fmt/format.h>

namespace gunflint {
namespace {

ErrorClass class_of(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return ErrorClass::Dns;
    case CURLE_COULDNT_CONNECT:
    case CURLE_INTERFACE_FAILED:
    case CURLE_PROXY:
      return ErrorClass::Refused;
    case CURLE_OPERATION_TIMEDOUT:
      return ErrorClass::ConnectTimeout;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return ErrorClass::Tls;
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
      return ErrorClass::Reset;
    default:
      return ErrorClass::Protocol;
  }
}

long version_of(HttpVersion version, bool tls) {
  if (version == HttpVersion::One) return CURL_HTTP_VERSION_1_1;
  if (version == HttpVersion::Two && !tls) return CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE;
  return tls ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1;
}

struct Lists {
  curl_slist* list = nullptr;
  ~Lists() { curl_slist_free_all(list); }
  void add(const std::string& line) { list = curl_slist_append(list, line.c_str()); }
  void clear() {
    curl_slist_free_all(list);
    list = nullptr;
  }
};

class CurlWire final : public Wire {
 public:
  CurlWire(const Pool::Setup& setup, WireUsers& users)
      : setup_(setup), spec_(setup.program->spec), users_(users), multi_(curl_multi_init()) {
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, on_socket_change);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, on_timer_change);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    const auto most = static_cast<long>(setup.most);
    curl_multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS, most);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, most);
    curl_multi_setopt(multi_, CURLMOPT_MAX_CONCURRENT_STREAMS, long{spec_.http.streams});
    for (const auto& [host, address] : spec_.connect.resolve)
      for (const auto& origin : setup.program->origins)
        if (origin.host == host) resolve_.add(fmt::format("{}:{}:{}", host, origin.port, address));
  }
  ~CurlWire() override {
    for (auto& transfer : transfers_) {
      if (transfer.user != nobody) curl_multi_remove_handle(multi_, transfer.easy);
      curl_easy_cleanup(transfer.easy);
    }
    curl_multi_cleanup(multi_);
  }

  bool has_room(int) const override { return under_way_ < setup_.most * streams(); }
  Started start(std::uint32_t user) override {
    if (!has_room(0)) return Started::NoRoom;
    const auto place = take_transfer();
    auto& transfer = transfers_[place];
    transfer.user = user;
    prepare(transfer, users_.request_of(user));
    ++under_way_;
    users_.carried(user) = {static_cast<std::uint32_t>(place), -1};
    users_.sending(user);
    curl_multi_add_handle(multi_, transfer.easy);
    return Started::Sent;
  }
  AttemptFailure last_failure() const override { return {}; }
  bool cancel(std::uint32_t user) override {
    auto& carried = users_.carried(user);
    if (carried.place == nobody) return true;
    auto& transfer = transfers_[carried.place];
    curl_off_t connected = 0;
    curl_easy_getinfo(transfer.easy, CURLINFO_PRETRANSFER_TIME_T, &connected);
    free(carried.place);
    carried = {};
    return connected > 0;
  }
  void on_socket(std::uint32_t place, std::uint16_t, std::uint32_t events) override {
    const int flags = ((events & (EPOLLIN | EPOLLRDHUP)) ? CURL_CSELECT_IN : 0) |
                      ((events & EPOLLOUT) ? CURL_CSELECT_OUT : 0) |
                      ((events & (EPOLLERR | EPOLLHUP)) ? CURL_CSELECT_ERR : 0);
    act(static_cast<curl_socket_t>(place), flags);
  }
  void advance() override {
    if (timer_ > setup_.clock->now()) return;
    timer_ = Duration::max();
    act(CURL_SOCKET_TIMEOUT, 0);
  }
  Duration advance_at() const override { return timer_; }
  std::size_t connections() const override { return open_; }
  WireCounts take_counts() override { return std::exchange(counts_, {}); }

 private:
  struct Transfer {
    CURL* easy = nullptr;
    std::uint32_t user = nobody;
    ResponseParser::Keep keep;
    Lists headers;
    std::string url, body_sent, head, body;
    std::uint64_t body_bytes = 0;
    char error[CURL_ERROR_SIZE] = "";
  };

  std::size_t streams() const {
    return spec_.http.version == HttpVersion::One ? 1
                                                  : static_cast<std::size_t>(spec_.http.streams);
  }

  std::size_t take_transfer() {
    if (!free_.empty()) {
      const auto place = free_.back();
      free_.pop_back();
      return place;
    }
    auto& transfer = transfers_.emplace_back();
    transfer.easy = curl_easy_init();
    set_for_good(transfer);
    return transfers_.size() - 1;
  }

  /// What is the same for every request of this load.
  void set_for_good(Transfer& transfer) {
    CURL* easy = transfer.easy;
    const auto& [timeout, source, unix_socket, resolve, lookup, proxy] = spec_.connect;
    const auto& tls = spec_.tls;
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.error);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfer);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     static_cast<long>(timeout.value_or(spec_.timeout) / 1ms));
    curl_easy_setopt(easy, CURLOPT_PROXY,
                     proxy.c_str());  // "": none, whatever the environment says
    if (!source.empty()) curl_easy_setopt(easy, CURLOPT_INTERFACE, ("host!" + source).c_str());
    if (!unix_socket.empty()) curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, unix_socket.c_str());
    if (resolve_.list != nullptr) curl_easy_setopt(easy, CURLOPT_RESOLVE, resolve_.list);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, tls.verify ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, tls.verify ? 2L : 0L);
    if (!tls.ca.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, tls.ca.c_str());
    if (!tls.cert.empty()) curl_easy_setopt(easy, CURLOPT_SSLCERT, tls.cert.c_str());
    if (!tls.key.empty()) curl_easy_setopt(easy, CURLOPT_SSLKEY, tls.key.c_str());
    const long least =
        tls.least == TlsVersion::V12 ? CURL_SSLVERSION_TLSv1_2 : CURL_SSLVERSION_TLSv1_3;
    const long most = !tls.most                      ? CURL_SSLVERSION_MAX_DEFAULT
                      : *tls.most == TlsVersion::V12 ? CURL_SSLVERSION_MAX_TLSv1_2
                                                     : CURL_SSLVERSION_MAX_TLSv1_3;
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, least | most);
    curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, tls.resumption ? 1L : 0L);
    if (!spec_.http.keep_alive) curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
  }

  void prepare(Transfer& transfer, const RequestOf& request) {
    CURL* easy = transfer.easy;
    const auto text = writer_.http2(request);
    std::string_view method, path;
    transfer.headers.clear();
    for (const auto& [name, value, lasting] : *text.fields) {
      if (name == ":method")
        method = value;
      else if (name == ":path")
        path = value;
      else if (name == ":authority" && value != request.origin.authority)
        transfer.headers.add(fmt::format("Host: {}", value));
      else if (!name.starts_with(':') && name != "content-length")
        transfer.headers.add(value.empty() ? fmt::format("{};", name)
                                           : fmt::format("{}: {}", name, value));
    }
    transfer.headers.add("Expect:");  // or libcurl waits a second for a 100 before a large body
    transfer.url = fmt::format("{}://{}{}", request.origin.tls ? "https" : "http",
                               request.origin.authority, path);
    transfer.keep = request.plan.keep;
    transfer.head.clear();
    transfer.body.clear();
    transfer.body_bytes = 0;
    transfer.error[0] = '\0';
    curl_easy_setopt(easy, CURLOPT_URL, transfer.url.c_str());
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                     version_of(spec_.http.version, request.origin.tls));
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer.headers.list);
    if (text.body != nullptr) {
      transfer.body_sent = *text.body;
      curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                       static_cast<curl_off_t>(transfer.body_sent.size()));
      curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer.body_sent.c_str());
    } else {
      curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    }
    curl_easy_setopt(easy, CURLOPT_NOBODY, method == "HEAD" ? 1L : 0L);
    if (method == "HEAD")
      curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, nullptr);
    else
      curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, std::string(method).c_str());
  }

  void free(std::size_t place) {
    auto& transfer = transfers_[place];
    curl_multi_remove_handle(multi_, transfer.easy);
    transfer.user = nobody;
    --under_way_;
    free_.push_back(place);
  }

  void act(curl_socket_t socket, int flags) {
    int running = 0;
    curl_multi_socket_action(multi_, socket, flags, &running);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      Transfer* transfer = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
      done(*transfer, message->data.result);
    }
  }

  void count(Transfer& transfer) {
    curl_off_t down = 0, up = 0, connect = 0;
    long head = 0, sent = 0, connects = 0;
    curl_easy_getinfo(transfer.easy, CURLINFO_SIZE_DOWNLOAD_T, &down);
    curl_easy_getinfo(transfer.easy, CURLINFO_SIZE_UPLOAD_T, &up);
    curl_easy_getinfo(transfer.easy, CURLINFO_HEADER_SIZE, &head);
    curl_easy_getinfo(transfer.easy, CURLINFO_REQUEST_SIZE, &sent);
    curl_easy_getinfo(transfer.easy, CURLINFO_NUM_CONNECTS, &connects);
    counts_.bytes_in += static_cast<std::uint64_t>(down + head);
    counts_.bytes_out += static_cast<std::uint64_t>(up + sent);
    if (connects == 0) return;
    curl_easy_getinfo(transfer.easy, CURLINFO_PRETRANSFER_TIME_T, &connect);
    counts_.connect.record(std::chrono::microseconds(connect));
  }

  void done(Transfer& transfer, CURLcode code) {
    count(transfer);
    const auto user = transfer.user;
    const auto place = users_.carried(user).place;
    long status = 0;
    curl_easy_getinfo(transfer.easy, CURLINFO_RESPONSE_CODE, &status);
    users_.carried(user) = {};
    if (code == CURLE_OK) {
      users_.judge(user,
                   {static_cast<int>(status), transfer.head, transfer.body, transfer.body_bytes});
      free(place);
      users_.go_on(user);
      return;
    }
    const std::string words = transfer.error[0] != '\0' ? transfer.error : curl_easy_strerror(code);
    free(place);
    users_.failed(user, {class_of(code), words});
  }

  // ---- what libcurl calls
  static std::size_t on_header(char* data, std::size_t, std::size_t size, void* to) {
    auto& transfer = *static_cast<Transfer*>(to);
    std::string_view line(data, size);
    while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with("HTTP/")) {
      transfer.head.clear();  // of an interim answer, or of the proxy's
      return size;
    }
    constexpr std::string_view cookie = "set-cookie:";
    const bool is_cookie =
        line.size() > cookie.size() && curl_strnequal(line.data(), cookie.data(), cookie.size());
    if (!line.empty() && (transfer.keep.head || (transfer.keep.cookies && is_cookie)) &&
        transfer.head.size() + line.size() < ResponseParser::head_limit)
      transfer.head.append(line).append("\n");
    return size;
  }
  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* to) {
    auto& transfer = *static_cast<Transfer*>(to);
    transfer.body_bytes += size;
    if (transfer.keep.body && transfer.body.size() < ResponseParser::body_limit)
      transfer.body.append(data, std::min(size, ResponseParser::body_limit - transfer.body.size()));
    return size;
  }
  static int on_socket_change(CURL*, curl_socket_t socket, int what, void* self, void* known) {
    auto& wire = *static_cast<CurlWire*>(self);
    epoll_event event{};
    event.events =
        ((what & CURL_POLL_IN) ? EPOLLIN : 0u) | ((what & CURL_POLL_OUT) ? EPOLLOUT : 0u);
    event.data.u64 = wire.setup_.tag | static_cast<std::uint32_t>(socket);
    if (what == CURL_POLL_REMOVE) {
      epoll_ctl(wire.setup_.poll, EPOLL_CTL_DEL, socket, nullptr);
      return 0;
    }
    epoll_ctl(wire.setup_.poll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event);
    if (known == nullptr) curl_multi_assign(wire.multi_, socket, self);
    return 0;
  }
  static int on_timer_change(CURLM*, long milliseconds, void* self) {
    auto& wire = *static_cast<CurlWire*>(self);
    wire.timer_ = milliseconds < 0
                      ? Duration::max()
                      : wire.setup_.clock->now() + std::chrono::milliseconds(milliseconds);
    return 0;
  }
  static curl_socket_t open_socket(void* self, curlsocktype, curl_sockaddr* address) {
    const int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd < 0) {
      static_cast<CurlWire*>(self)->counts_.out_of_sockets = true;
      return CURL_SOCKET_BAD;
    }
    ++static_cast<CurlWire*>(self)->open_;
    ++static_cast<CurlWire*>(self)->counts_.opened;
    return fd;
  }
  static int close_socket(void* self, curl_socket_t socket) {
    --static_cast<CurlWire*>(self)->open_;
    return ::close(socket);
  }

  Pool::Setup setup_;
  const LoadSpec& spec_;
  WireUsers& users_;
  CURLM* multi_;
  Lists resolve_;
  std::deque<Transfer> transfers_;
  std::vector<std::size_t> free_;
  std::size_t under_way_ = 0, open_ = 0;
  Duration timer_ = Duration::max();
  RequestWriter writer_;
  WireCounts counts_;
};

}  // namespace

std::unique_ptr<Wire> curl_wire(const Pool::Setup& setup, WireUsers& users) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  return std::make_unique<CurlWire>(setup, users);
}

}  // namespace gunflint
