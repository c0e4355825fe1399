// SPDX-License-Identifier: Apache-2.0
// libcurl against servers that behave as a test says: what is sent, and how each failure is explained.
#include "../mqtt/certificate_authority.hpp"
#include "aws/http/curl_client.hpp"
#include "aws/http/curl_failure.hpp"
#include "common/io/socket.hpp"
#include "common/io/unique_fd.hpp"
#include "common/text/as_bytes.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

#include <array>
#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>

using namespace trustx::aws;
using namespace std::chrono_literals;
using trustx::Deadline;
using trustx::SystemClock;
using trustx::UniqueFd;
using trustx::test::CertificateAuthority;
using trustx::test::Process;
using trustx::test::TempDir;

namespace {

UniqueFd listening(std::uint16_t& port) {
    UniqueFd socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(socket.get(), 4) == 0);
    REQUIRE(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port = ntohs(address.sin_port);
    return socket;
}

// Server takes one connection, reads one request, and says what it was told to say.
class Server {
 public:
    explicit Server(std::string answer)
        : socket_{listening(port_)}, thread_{[this, said = std::move(answer)] {
              const UniqueFd connection{::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
              receive(connection.get());
              if (!said.empty()) {
                  static_cast<void>(trustx::io::send_all(connection.get(), trustx::text::as_bytes(said)));
              }
              ::shutdown(connection.get(), SHUT_WR);
          }} {}
    ~Server() {
        ::shutdown(socket_.get(), SHUT_RDWR);
        thread_.join();
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // request is what was received; to be asked after the answer.
    [[nodiscard]] std::string request() {
        ::shutdown(socket_.get(), SHUT_RDWR);
        thread_.join();
        thread_ = std::thread{[] {}};
        return received_;
    }
    [[nodiscard]] Url url(const std::string& path = "/") const {
        return {.scheme = "http", .host = "127.0.0.1", .port = port_, .path = path};
    }

 private:
    [[nodiscard]] bool complete() const {
        const auto end = received_.find("\r\n\r\n");
        const auto length = received_.find("Content-Length: ");
        const auto body = length == std::string::npos ? 0 : std::stoul(received_.substr(length + 16));
        return end != std::string::npos && received_.size() >= end + 4 + body;
    }
    void receive(int connection) {
        std::array<char, 4096> buffer{};
        while (!complete()) {
            const auto count = ::recv(connection, buffer.data(), buffer.size(), 0);
            if (count <= 0) {
                return;
            }
            received_.append(buffer.data(), static_cast<std::size_t>(count));
        }
    }

    std::uint16_t port_ = 0;
    UniqueFd socket_;
    std::string received_;
    std::thread thread_;
};

trustx::Result<HttpResponse> send(const HttpRequest& request, CurlSettings settings = {},
                                  std::chrono::milliseconds allowed = 20s) {
    const SystemClock clock;
    CurlClient client{std::move(settings), clock};
    return client.send(request, Deadline::after(clock, allowed));
}

// TlsServer is openssl's, with a certificate of an authority.
struct TlsServer {
    TlsServer(const TempDir& directory, const CertificateAuthority::Server& server,
              std::vector<std::string> more = {}) {
        std::vector<std::string> arguments{
            "s_server", "-accept", "0", "-www", "-cert", server.certificate.string(), "-key", server.key.string()};
        arguments.insert(arguments.end(), more.begin(), more.end());
        process = std::make_unique<Process>("openssl", arguments,
                                            trustx::test::ProcessOptions{.directory = directory.path()});
        const auto line = process->wait_for_line("ACCEPT ");
        port = static_cast<std::uint16_t>(std::stoi(line.substr(line.rfind(':') + 1)));
    }
    [[nodiscard]] Url url(const std::string& host = "localhost") const { return {.host = host, .port = port}; }

    std::unique_ptr<Process> process;
    std::uint16_t port = 0;
};

}  // namespace

TEST_CASE("An address is read, and nothing but one", "[aws]") {
    CHECK(parse_url("https://localhost:4443/a/b?c=d") ==
          Url{.host = "localhost", .port = 4443, .path = "/a/b", .query = "c=d"});
    CHECK(parse_url("HTTP://host")->text() == "http://host/");
    CHECK(parse_url("https://[::1]:4")->authority() == "[::1]:4");
    for (const char* text : {"", "host", "ftp://host", "https://", "https://host:0", "https://host:70000",
                             "https://user@host", "https://ho st"}) {
        INFO(text);
        CHECK(parse_url(text).error() == HttpErrc::request_invalid);
    }
}

TEST_CASE("Text is percent-encoded by RFC 3986", "[aws]") {
    CHECK(percent_encode("aZ09-._~") == "aZ09-._~");
    CHECK(percent_encode("a b/c:\xC3\xBC+") == "a%20b%2Fc%3A%C3%BC%2B");
    CHECK(query_text({{"a", "iot:Data"}, {"b", ""}}) == "a=iot%3AData&b=");
}

TEST_CASE("A request goes out as it is, and the whole answer comes back", "[aws]") {
    Server server{
        "HTTP/1.1 100 Continue\r\nX-Interim: 1\r\n\r\n"
        "HTTP/1.1 409 Conflict\r\nX-Amzn-ErrorType:  Name \r\nDate: Sun, 22 Nov 2026 12:00:00 GMT\r\n"
        "Retry-After: 7\r\nContent-Length: 2\r\n\r\n{}"};
    const auto response = send({.method = Method::put,
                                .url = server.url("/things/a%3Ab/../principals"),
                                .headers = {{"x-amzn-principal", "arn"}, {"Content-Type", "application/json"}},
                                .body = "{\"a\":1}"});
    REQUIRE(response);
    CHECK(response->status == 409);
    CHECK(response->header("x-amzn-errortype") == "Name");
    CHECK_FALSE(response->header("x-interim"));
    CHECK(response->date() == std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 12h);
    CHECK(response->retry_after() == 7s);
    CHECK(response->text() == "{}");
    const auto request = server.request();
    CHECK_THAT(request, ContainsSubstring("PUT /things/a%3Ab/../principals HTTP/1.1\r\n"));
    CHECK_THAT(request, ContainsSubstring("x-amzn-principal: arn\r\n") && ContainsSubstring("\r\n\r\n{\"a\":1}"));
    CHECK_THAT(request,
               ContainsSubstring("Content-Type: application/json\r\n") && ContainsSubstring("Content-Length: 7\r\n"));
    CHECK_THAT(request, !ContainsSubstring("Expect"));
}

TEST_CASE("A method without a body sends none, and no type of one", "[aws]") {
    const auto method = GENERATE(Method::get, Method::post, Method::put, Method::patch, Method::delete_);
    Server server{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"};
    REQUIRE(send({.method = method, .url = server.url()}));
    const auto request = server.request();
    CHECK_THAT(request, ContainsSubstring(std::string{method_name(method)} + " / HTTP/1.1"));
    CHECK_THAT(request, !ContainsSubstring("Content-Type"));
}

TEST_CASE("A redirect is an answer and is not followed", "[aws]") {
    Server server{"HTTP/1.1 307 Elsewhere\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"};
    const auto response = send({.url = server.url()});
    REQUIRE(response);
    CHECK(response->status == 307);
}

TEST_CASE("A date in Retry-After counts from the server's own clock", "[aws]") {
    HttpResponse response{.headers = {{"retry-after", "Sun, 22 Nov 2026 12:01:00 GMT"}}};
    CHECK_FALSE(response.retry_after());
    response.headers.push_back({"date", "Sun, 22 Nov 2026 12:00:00 GMT"});
    CHECK(response.retry_after() == 60s);
}

TEST_CASE("An answer that breaks off, is too long or is none is told apart", "[aws]") {
    const auto failure = [](const std::string& answer, CurlSettings settings = {}) {
        Server server{answer};
        const auto response = send({.url = server.url()}, std::move(settings));
        REQUIRE_FALSE(response);
        CHECK_THAT(response.error().message(), ContainsSubstring("http://127.0.0.1:"));
        CHECK(may_have_been_received(response.error().code()));
        return response.error().code();
    };
    CHECK(failure("") == HttpErrc::connection_lost);
    CHECK(failure("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\":") == HttpErrc::answer_truncated);
    CHECK(failure("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n") ==
          HttpErrc::answer_truncated);
    CHECK(failure("SSH-2.0-OpenSSH\r\n") == HttpErrc::answer_malformed);
    CHECK(failure("HTTP/1.1 200 OK\r\nX: " + std::string(400'000, 'x')) == HttpErrc::answer_malformed);
    const auto endless = explain_failure({.code = CURLE_OUT_OF_MEMORY, .words = "Out of memory"}, "here").message();
    CHECK_THAT(endless, ContainsSubstring("header line"));
    CHECK(failure("HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + std::string(2000, 'x'),
                  {.longest_answer = 1000}) == HttpErrc::answer_too_long);
    CHECK(failure("HTTP/1.1 200 OK\r\nX: " + std::string(2000, 'x') + "\r\n\r\n", {.longest_answer = 1000}) ==
          HttpErrc::answer_too_long);
}

TEST_CASE("Nothing was sent where there is no connection", "[aws]") {
    const auto failure = [](const Url& url) {
        const auto response = send({.url = url});
        REQUIRE_FALSE(response);
        CHECK_FALSE(may_have_been_received(response.error().code()));
        return response.error().code();
    };
    std::uint16_t port = 0;
    listening(port);
    CHECK(failure({.scheme = "http", .host = "127.0.0.1", .port = port}) == HttpErrc::connect_failed);
    CurlFailure unresolved{.code = CURLE_COULDNT_RESOLVE_HOST, .words = "Could not resolve host"};
    CHECK(explain_failure(unresolved, "https://iot.eu-nowhere-1.amazonaws.com") == HttpErrc::name_not_found);
    unresolved.code = CURLE_COULDNT_RESOLVE_PROXY;
    CHECK(explain_failure(unresolved, "https://iot.eu-nowhere-1.amazonaws.com") == HttpErrc::proxy_failed);
}

TEST_CASE("No answer is waited for beyond the deadline", "[aws]") {
    std::uint16_t port = 0;
    const auto silent = listening(port);
    const SystemClock clock;
    const auto began = clock.now();
    const auto late = send({.url = {.scheme = "http", .host = "127.0.0.1", .port = port}}, {}, 200ms);
    REQUIRE_FALSE(late);
    CHECK(late.error() == HttpErrc::timeout);
    const auto handshake = send({.url = {.host = "127.0.0.1", .port = port}}, {}, 200ms);
    REQUIRE_FALSE(handshake);
    CHECK(handshake.error() == HttpErrc::connect_timeout);
    CHECK(clock.now() - began < 15s);
    CHECK(send({.url = {.host = "127.0.0.1", .port = port}}, {}, 0ms).error() == HttpErrc::connect_timeout);
}

TEST_CASE("A header cannot be made of two", "[aws]") {
    const auto refused = send({.url = {.host = "127.0.0.1", .port = 1}, .headers = {{"a", "b\r\nc: d"}}});
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == HttpErrc::request_invalid);
}

TEST_CASE("A server with TLS is believed by its certificate alone", "[aws]") {
    const TempDir directory;
    CertificateAuthority authority{directory.path(), "ca"};
    const CertificateAuthority other{directory.path(), "other"};
    const auto failure = [](const TlsServer& server, const CurlSettings& settings,
                            const std::string& host = "localhost") {
        const auto response = send({.url = server.url(host)}, settings);
        REQUIRE_FALSE(response);
        INFO(response.error().message());
        CHECK_FALSE(may_have_been_received(response.error().code()));
        return response.error().code();
    };
    const CurlSettings trusting{.ca_file = authority.certificate().string()};
    SECTION("that is valid for its name") {
        const TlsServer server{directory, authority.issue_server("server", "DNS:localhost")};
        const auto response = send({.url = server.url()}, trusting);
        REQUIRE(response);
        CHECK(response->status == 200);
        CHECK(failure(server, {.ca_file = other.certificate().string()}) == HttpErrc::server_untrusted);
        CHECK(failure(server, trusting, "127.0.0.1") == HttpErrc::server_name_mismatch);
        CHECK(failure(server, {.ca_file = (directory / "missing.pem").string()}) == HttpErrc::ca_bundle_unusable);
    }
    SECTION("in its time") {
        const TlsServer expired{
            directory, authority.issue_server("expired", "DNS:localhost", "20200101000000Z", "20210101000000Z")};
        CHECK(failure(expired, trusting) == HttpErrc::server_expired);
        const TlsServer future{directory,
                               authority.issue_server("future", "DNS:localhost", "20900101000000Z", "20990101000000Z")};
        CHECK(failure(future, trusting) == HttpErrc::server_not_yet_valid);
    }
    SECTION("whatever its time, where only the time is asked for") {
        const TlsServer expired{
            directory, authority.issue_server("expired", "DNS:localhost", "20200101000000Z", "20210101000000Z")};
        CHECK(send({.url = expired.url()}, {.ca_file = authority.certificate().string(), .ignore_dates = true}));
        CHECK(failure(expired, {.ca_file = other.certificate().string(), .ignore_dates = true}) ==
              HttpErrc::server_untrusted);
        CHECK(failure(expired, {.ca_file = authority.certificate().string(), .ignore_dates = true}, "127.0.0.1") ==
              HttpErrc::server_name_mismatch);
    }
    SECTION("with TLS 1.2 at least") {
        const TlsServer old{
            directory, authority.issue_server("old", "DNS:localhost"), {"-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0"}};
        CHECK(failure(old, trusting) == HttpErrc::tls_failed);
    }
}
