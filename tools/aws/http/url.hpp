// SPDX-License-Identifier: Apache-2.0
// Addresses of HTTP services, and the percent-encoding of their parts (RFC 3986).
#pragma once

#include <trustx/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trustx::aws {

// Url is an address in the form in which it is sent: path and query are percent-encoded already.
struct Url {
    std::string scheme = "https";
    std::string host{};  // an IPv6 address is in brackets
    std::uint16_t port = 443;
    std::string path = "/";  // begins with a slash
    std::string query{};     // without question mark; may be empty

    // authority is host and, where it is not the scheme's own, port: the value of the header Host.
    [[nodiscard]] std::string authority() const;
    // text is the whole address.
    [[nodiscard]] std::string text() const;

    friend bool operator==(const Url&, const Url&) = default;
};

// parse_url reads an address with the schemes https and http. Errors: HttpErrc::request_invalid.
Result<Url> parse_url(const std::string& text);

// percent_encode writes all but the unreserved characters A-Z a-z 0-9 - . _ ~ as %XX.
std::string percent_encode(std::string_view text);

using QueryParameters = std::vector<std::pair<std::string, std::string>>;

// query_text is the encoded form of parameters that are not encoded yet, in their order.
std::string query_text(const QueryParameters& parameters);

}  // namespace trustx::aws
