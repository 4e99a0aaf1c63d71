// The one user of libcurl.
#include "host/http_curl.hpp"

#include <curl/curl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cctype>
#include <memory>

namespace gunflint {
namespace {

constexpr std::size_t most_body = 16u << 20;
constexpr std::size_t most_headers = 256u << 10;

struct Receiver {
  HttpResponse response;
  std::size_t header_bytes = 0;
  bool too_long = false;
};

std::size_t take_body(const char* data, std::size_t, std::size_t size, void* user) {
  auto& receiver = *static_cast<Receiver*>(user);
  if (receiver.response.body.size() + size > most_body) {
    receiver.too_long = true;
    return 0;
  }
  receiver.response.body.append(data, size);
  return size;
}

std::string trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1));
}

std::size_t take_header(const char* data, std::size_t, std::size_t size, void* user) {
  auto& receiver = *static_cast<Receiver*>(user);
  receiver.header_bytes += size;
  if (receiver.header_bytes > most_headers) {
    receiver.too_long = true;
    return 0;
  }
  const std::string_view line(data, size);
  if (line.starts_with("HTTP/"))
    receiver.response.headers.clear();  // after a 1xx comes the real one
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  std::string name = trimmed(line.substr(0, colon));
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
  receiver.response.headers[name] = trimmed(line.substr(colon + 1));
  return size;
}

curl_socket_t open_socket(void*, curlsocktype, curl_sockaddr* address) {
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

bool is_loopback(const std::string& url) {
  const auto scheme = url.find("://");
  const std::string rest = scheme == std::string::npos ? url : url.substr(scheme + 3);
  return rest.starts_with("127.") || rest.starts_with("localhost") || rest.starts_with("[::1]");
}

Failure explain(CURLcode code, const char* detail, const HttpRequest& request) {
  const std::string what = request.method + " " + request.url + ": ";
  const std::string why = *detail != '\0' ? detail : curl_easy_strerror(code);
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return fail(Cause::TimedOut, what + "no complete answer within " + print(request.deadline));
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return fail(Cause::Unreachable, what + why + "; check the name's spelling");
    case CURLE_COULDNT_CONNECT:
      return fail(Cause::Unreachable, what + why + "; is the server running?");
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return fail(Cause::BadInput, what + why + "; write http://host:port/path or https://…");
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      return fail(Cause::NotPermitted,
                  what + why + "; name the file with the certificates to trust under `ca`");
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE:
      return fail(Cause::Unreachable, what + "the connection broke (" + why + ")");
    default:
      return fail(Cause::Io, what + why);
  }
}

using Easy = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using Lines = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

Lines header_lines(const HttpRequest& request) {
  Lines lines(nullptr, curl_slist_free_all);
  const auto add = [&lines](const std::string& line) {
    curl_slist* longer = curl_slist_append(lines.get(), line.c_str());
    if (!longer) return;
    (void)lines.release();
    lines.reset(longer);
  };
  add("Expect:");  // no waiting for 100 Continue
  for (const auto& [name, value] : request.headers)
    add(value.empty() ? name + ";" : name + ": " + value);
  return lines;
}

void describe_request(CURL* easy, const HttpRequest& request, const curl_slist* headers) {
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "gunflint/" GUNFLINT_VERSION);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  const auto millis = std::chrono::ceil<std::chrono::milliseconds>(request.deadline).count();
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<std::int64_t>(1, millis)));
  if (!request.body.empty() || request.method == "POST") {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.c_str());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
  }
  if (request.method == "HEAD") curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  if (!request.ca.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, request.ca.c_str());
  if (!request.unix_socket.empty())
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, request.unix_socket.c_str());
  if (!request.unix_socket.empty() || is_loopback(request.url))
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
}

}  // namespace

CurlHttp::CurlHttp() {
  static const CURLcode once = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)once;
}

Result<HttpResponse> CurlHttp::send(const HttpRequest& request) {
  const Easy easy(curl_easy_init(), curl_easy_cleanup);
  if (!easy) return fail(Cause::Io, "libcurl could not start; is the machine out of memory?");
  const Lines headers = header_lines(request);
  describe_request(easy.get(), request, headers.get());
  Receiver receiver;
  char detail[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, detail);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &receiver);
  curl_easy_setopt(easy.get(), CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(easy.get(), CURLOPT_HEADERDATA, &receiver);
  const CURLcode code = curl_easy_perform(easy.get());
  if (receiver.too_long)
    return fail(Cause::Io, request.method + " " + request.url +
                               ": the answer is longer than 16 MiB (headers 256 KiB)");
  if (code != CURLE_OK) return explain(code, detail, request);
  long status = 0;
  curl_off_t micros = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(easy.get(), CURLINFO_TOTAL_TIME_T, &micros);
  receiver.response.status = static_cast<int>(status);
  receiver.response.took = std::chrono::microseconds(micros);
  return std::move(receiver.response);
}

}  // namespace gunflint
