// SPDX-License-Identifier: Apache-2.0
// One HTTP request and its answer: the seam behind which tests put a service of their own.
#pragma once

#include "aws/http/http_error.hpp"
#include "aws/http/url.hpp"

#include <trustx/clock.hpp>
#include <trustx/result.hpp>
#include <trustx/secret.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trustx::aws {

enum class Method : std::uint8_t { get, post, put, patch, delete_ };

// method_name is the word on the wire: `DELETE`.
std::string_view method_name(Method method) noexcept;

struct Header {
    std::string name;
    std::string value;

    friend bool operator==(const Header&, const Header&) = default;
};

struct HttpRequest {
    Method method = Method::get;
    Url url{};
    std::vector<Header> headers{};  // Host and Content-Length are added by the client
    std::string body{};
    // The request must not reach the server twice. Otherwise it is sent again when an idle connection, kept from the
    // request before, turns out to be closed.
    bool sent_once = false;
};

// HttpResponse is any complete answer, whatever its status. Its body is wiped: it may hold a key or credentials.
struct HttpResponse {
    int status = 0;
    std::vector<Header> headers{};  // names in lower case
    SecretBytes body{};

    // header is the value of the first header of a name in lower case.
    [[nodiscard]] std::optional<std::string> header(std::string_view name) const;
    // date is the server's time, of the header Date.
    [[nodiscard]] std::optional<std::chrono::sys_seconds> date() const;
    // retry_after is how long the server wants to be left alone.
    [[nodiscard]] std::optional<std::chrono::seconds> retry_after() const;
    [[nodiscard]] std::string_view text() const noexcept {
        return {reinterpret_cast<const char*>(body.data()), body.size()};
    }
};

class HttpClient {
 public:
    virtual ~HttpClient() = default;

    // send waits for the complete answer, until the deadline. It follows no redirect. Errors: HttpErrc.
    virtual Result<HttpResponse> send(const HttpRequest& request, const Deadline& deadline) = 0;
};

}  // namespace trustx::aws
