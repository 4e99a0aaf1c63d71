// Answers that are unusual and right are taken; wrong ones become the class they belong to.
#include "lab/load_servers/servers.hpp"

namespace gunflint {
namespace {

using namespace test;
using lab::Lab;
using lab::tool;

class OddAnswers : public testing::Test {
 protected:
  void SetUp() override {
    if (tool("node").empty()) GTEST_SKIP() << "node is not installed";
    make_certificate(lab_);
    port_ = lab_.free_port(3);
    lab_.start("odd", {tool("node"), GUNFLINT_SOURCE_DIR "/tests/lab/load_servers/odd_server.js",
                       std::to_string(port_), std::to_string(port_ + 1), std::to_string(port_ + 2),
                       lab_.path("cert.pem"), lab_.path("key.pem"), lab_.path("odd.sock")});
    ASSERT_TRUE(lab_.wait_for_port(port_ + 2, 20s)) << lab_.read("odd.log");
    ASSERT_TRUE(lab_.wait_for_file("odd.sock", 20s));
  }

  std::string http() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::string h2c() const { return "http://127.0.0.1:" + std::to_string(port_ + 1); }
  std::string tls() const { return "https://localhost:" + std::to_string(port_ + 2); }

  /// The steps, twenty times in half a second.
  LoadSpec twenty(const std::string& url, std::vector<Step> steps,
                  HttpVersion version = HttpVersion::One) const {
    auto spec = load(url, 40, 500ms, std::move(steps));
    spec.timeout = 10s;
    spec.http.version = version;
    spec.http.connections = 10;
    spec.http.streams = 10;
    spec.tls.ca = lab_.path("cert.pem");
    return spec;
  }
  static std::map<std::string, std::uint64_t> errors_of(const LoadSpec& spec,
                                                        std::string* words = nullptr) {
    Collector collector;
    run(collector, {spec}, 500ms);
    EXPECT_EQ(collector.due(), 20u);
    EXPECT_EQ(collector.ended(), 20u);
    if (words) *words = examples(collector);
    return collector.errors();
  }
  void expect_all_right(const LoadSpec& spec) {
    std::string words;
    EXPECT_TRUE(errors_of(spec, &words).empty()) << words;
  }
  void expect_all(const LoadSpec& spec, const std::string& error, const std::string& says = {}) {
    std::string words;
    const auto errors = errors_of(spec, &words);
    EXPECT_EQ(errors, (std::map<std::string, std::uint64_t>{{error, 20}})) << words;
    EXPECT_NE(words.find(says), words.npos) << words;
  }

  Lab lab_;
  int port_ = 0;
};

TEST_F(OddAnswers, OfVersionOneThatAreRightAreTaken) {
  expect_all_right(twenty(
      http(),
      {checked("GET", "/chunked", 200, "onetwothree"), checked("GET", "/trailers", 200, "body"),
       checked("GET", "/continue", 200, "ok"), checked("GET", "/204", 204),
       checked("GET", "/304", 304), checked("HEAD", "/ok", 200),
       checked("GET", "/close", 200, "ok"), checked("GET", "/until-close", 200, "all there is"),
       checked("GET", "/big-headers", 200, "ok"), checked("GET", "/slow", 200, "partpartpartpart"),
       checked("GET", "/large", 200)}));
  // Alone: who sends the next request before the end is seen, sends it to nobody.
  auto half_closed = twenty(http(), {checked("GET", "/half-closed", 200, "ok")});
  half_closed.http.requests_per_connection = 1;
  expect_all_right(half_closed);
}

TEST_F(OddAnswers, OfVersionTwoThatAreRightAreTaken) {
  const std::vector<Step> steps{checked("GET", "/ok", 200, "ok"),
                                checked("GET", "/trailers", 200, "body"),
                                checked("GET", "/continue", 200, "ok"),
                                checked("GET", "/204", 204),
                                checked("GET", "/304", 304),
                                checked("HEAD", "/ok", 200),
                                checked("GET", "/big-headers", 200, "ok"),
                                checked("GET", "/slow", 200, "partpartpartpart"),
                                checked("GET", "/large", 200)};
  expect_all_right(twenty(h2c(), steps, HttpVersion::Two));
  expect_all_right(twenty(tls(), steps, HttpVersion::Auto));
}

TEST_F(OddAnswers, OfVersionOneThatAreWrongHaveTheirClass) {
  const auto one = [&](const std::string& path) { return twenty(http(), {request("GET", path)}); };
  expect_all(one("/cut"), "reset", "in the middle of the answer");
  expect_all(one("/reset"), "reset", "reset without an answer");
  expect_all(one("/end"), "reset", "closed without an answer");
  expect_all(one("/garbage"), "protocol", "does not begin with an HTTP/1.1 status line");
  expect_all(one("/bad-chunk"), "protocol", "the chunk size is no number");
  expect_all(one("/bad-length"), "protocol", "Content-Length is no number");
  expect_all(one("/too-large-head"), "protocol", "longer than");
  expect_all(one("/404"), "http_4xx", "GET /404: status 404");
  expect_all(one("/503"), "http_5xx", "GET /503: status 503");
  auto never = one("/never");
  never.timeout = 300ms;
  expect_all(never, "timeout");
}

TEST_F(OddAnswers, OfVersionTwoThatAreWrongHaveTheirClass) {
  const auto two = [&](const std::string& path) {
    return twenty(h2c(), {request("GET", path)}, HttpVersion::Two);
  };
  expect_all(two("/reset"), "reset", "the server has reset the stream");
  expect_all(two("/destroy"), "reset");
  expect_all(two("/refused"), "reset", "goes away without an answer");
  expect_all(two("/half"), "reset", "the server has reset the stream");
  auto kept = two("/head-too-long");
  kept.http.redirects = 1;  // for which the head is kept
  expect_all(kept, "protocol", "the head is longer than 64 KiB");
  auto never = two("/never");
  never.timeout = 300ms;
  expect_all(never, "timeout");
}

/// GOAWAY ends a connection; what is on it is answered, what is not goes to a new one.
TEST_F(OddAnswers, GoodbyesLoseNothing) {
  auto spec = twenty(h2c(), {checked("GET", "/goaway", 200, "ok"), checked("GET", "/ok", 200)},
                     HttpVersion::Two);
  Collector collector;
  run(collector, {spec}, 500ms);
  EXPECT_EQ(collector.completed(), 20u) << examples(collector);
  EXPECT_GE(opened(collector), 5u) << "no connection was replaced";
}

TEST_F(OddAnswers, AServerOfTheOtherVersionIsTold) {
  // Some servers answer in their own version, some close the connection.
  for (const auto& spec : {twenty(http(), {request("GET", "/ok")}, HttpVersion::Two),
                           twenty(h2c(), {request("GET", "/ok")})}) {
    auto errors = errors_of(spec);
    EXPECT_EQ(errors["protocol"] + errors["reset"], 20u);
  }
}

TEST_F(OddAnswers, CertificatesAreVerified) {
  const std::vector<Step> steps{checked("GET", "/ok", 200, "ok")};
  expect_all_right(twenty(tls(), steps, HttpVersion::Auto));
  auto unknown = twenty(tls(), steps);
  unknown.tls.ca.clear();
  expect_all(unknown, "tls", "the certificate is not trusted: self-signed certificate");
  unknown.tls.verify = false;
  expect_all_right(unknown);
  auto other_name = twenty(tls(), steps);
  other_name.tls.server_name = "shop.example";
  expect_all(other_name, "tls", "hostname mismatch");
  auto plain = twenty("https://127.0.0.1:" + std::to_string(port_), steps);
  plain.tls.ca = lab_.path("cert.pem");
  expect_all(plain, "tls", "the handshake failed");
}

TEST_F(OddAnswers, RedirectsAreFollowedWhereAsked) {
  auto spec = twenty(http(), {checked("GET", "/302?x=1", 302)});
  expect_all_right(spec);
  Request post = checked("POST", "/303", 200, "GET");
  post.body = "a=1";
  Request kept = checked("POST", "/307", 200, "POST a=1");
  kept.body = "a=1";
  spec = twenty(http(), {checked("GET", "/302?x=1", 200, "ok"), post, kept,
                         checked("GET", "/elsewhere", 302), checked("GET", "/loop", 302)});
  spec.http.redirects = 3;
  expect_all_right(spec);
  spec.http.version = HttpVersion::Two;
  spec.base_url = h2c();
  expect_all_right(spec);
}

TEST_F(OddAnswers, PackedBodiesAreUnpackedWhereTheyAreLookedAt) {
  Request packed = checked("GET", "/gzip", 200, "seven");
  packed.extract = {{"id", Extract::From::Json, "$.items[0].id"}};
  auto spec = twenty(http(), {packed, checked("GET", "/json?id=${id}", 200, "seven")});
  spec.http.compression = true;
  expect_all_right(spec);
  spec = twenty(http(), {checked("GET", "/gzip-broken", 200, "seven")});
  spec.http.compression = true;
  expect_all(spec, "protocol", "GET /gzip-broken");
}

TEST_F(OddAnswers, UsersKeepTheirCookies) {
  const std::vector<Step> steps{checked("GET", "/cookie", 200, "set"),
                                checked("GET", "/echo-cookie", 200, "a=1")};
  expect_all_right(twenty(http(), steps));
  expect_all_right(twenty(h2c(), steps, HttpVersion::Two));
  // The one for TLS only goes there.
  expect_all_right(twenty(tls(), {checked("GET", "/cookie", 200, "set"),
                                  checked("GET", "/echo-cookie", 200, "a=1; b=2")}));
}

TEST_F(OddAnswers, AUnixSocketIsAServerToo) {
  auto spec = twenty("http://shop.example", {checked("GET", "/ok", 200, "ok")});
  spec.connect.unix_socket = lab_.path("odd.sock");
  expect_all_right(spec);
}

TEST_F(OddAnswers, NamesLeadWhereTheyAreToldTo) {
  auto spec = twenty("http://shop.example:" + std::to_string(port_), {checked("GET", "/ok", 200)});
  spec.connect.resolve = {{"shop.example", "127.0.0.1"}};
  spec.connect.source_address = "127.0.0.7";
  expect_all_right(spec);
}

TEST_F(OddAnswers, ATraceGoesAlong) {
  Request traced = request("GET", "/trace");
  traced.check.body_matches = {"^00-[0-9a-f]{32}-[0-9a-f]{16}-01$"};
  traced.extract = {{"trace", Extract::From::Regex, "^00-([0-9a-f]{32})"}};
  Request again = checked("GET", "/trace", 200);
  again.check.body_matches = {"^00-[0-9a-f]{32}-"};
  auto spec = twenty(http(), {traced, again});
  spec.trace = true;
  expect_all_right(spec);
  spec.base_url = h2c();
  spec.http.version = HttpVersion::Two;
  expect_all_right(spec);
}

TEST_F(OddAnswers, ConnectionsMayServeOneRequestOrAFew) {
  auto spec = twenty(http(), {checked("GET", "/ok", 200), checked("GET", "/ok?2", 200)});
  spec.http.keep_alive = false;
  Collector collector;
  run(collector, {spec}, 500ms);
  EXPECT_EQ(collector.completed(), 20u) << examples(collector);
  EXPECT_EQ(opened(collector), 40u);
  spec.http.keep_alive = true;
  spec.http.requests_per_connection = 4;
  spec.http.connections = 1;
  Collector few;
  run(few, {spec}, 500ms);
  EXPECT_EQ(few.completed(), 20u) << examples(few);
  EXPECT_EQ(opened(few), 10u);
  spec.base_url = h2c();
  spec.http.version = HttpVersion::Two;
  Collector two;
  run(two, {spec}, 500ms);
  EXPECT_EQ(two.completed(), 20u) << examples(two);
  EXPECT_EQ(opened(two), 10u);
}

TEST_F(OddAnswers, LibcurlCarriesTheSame) {
  Request post = checked("POST", "/echo-body", 200, "POST a=1");
  post.body = "a=1";
  Request item = checked("GET", "/json", 200, "seven");
  item.extract = {{"id", Extract::From::Json, "$.items[0].id"}};
  auto spec = twenty(http(), {checked("GET", "/cookie", 200), item, post,
                              checked("GET", "/echo-cookie?id=${id}", 200, "a=1"),
                              checked("HEAD", "/ok", 200), checked("GET", "/204", 204)});
  spec.transport = TransportKind::Libcurl;
  expect_all_right(spec);
  spec.base_url = tls();
  spec.http.version = HttpVersion::Auto;
  expect_all_right(spec);
  spec = twenty(http(), {request("GET", "/503")});
  spec.transport = TransportKind::Libcurl;
  expect_all(spec, "http_5xx");
  spec = twenty(http(), {request("GET", "/cut")});
  spec.transport = TransportKind::Libcurl;
  expect_all(spec, "reset");
  spec = twenty("http://127.0.0.1:1", {request("GET", "/")});
  spec.transport = TransportKind::Libcurl;
  expect_all(spec, "refused");
  spec = twenty("http://never.example", {checked("GET", "/ok", 200, "ok")});
  spec.transport = TransportKind::Libcurl;
  spec.connect.proxy = http();  // Node takes the absolute form for a path it does not know
  expect_all(spec, "http_4xx");
}

}  // namespace
}  // namespace gunflint
