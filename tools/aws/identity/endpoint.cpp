// SPDX-License-Identifier: Apache-2.0
#include "aws/identity/endpoint.hpp"

#include "common/files/input_error.hpp"

#include <algorithm>
#include <charconv>

namespace trustx::aws {

Result<Endpoint> Endpoint::parse(std::string_view text) {
    const auto malformed = [text] {
        return fail(InputErrc::usage, "the endpoint `" + std::string{text} + "` is not HOST or HOST:PORT");
    };
    const bool bracketed = text.starts_with('[');
    const auto end = bracketed ? text.find(']') : std::min(text.find(':'), text.size());
    if (end == std::string_view::npos) {
        return malformed();
    }
    Endpoint endpoint{.host = std::string{bracketed ? text.substr(1, end - 1) : text.substr(0, end)}};
    const auto rest = text.substr(bracketed ? end + 1 : end);
    if (endpoint.host.empty() || (!rest.empty() && rest.front() != ':')) {
        return malformed();
    }
    if (!rest.empty()) {
        const auto digits = rest.substr(1);
        const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), endpoint.port);
        if (read.ec != std::errc{} || read.ptr != digits.data() + digits.size() || endpoint.port == 0) {
            return malformed();
        }
    }
    return endpoint;
}

std::string Endpoint::text() const {
    const bool is_ipv6 = host.find(':') != std::string::npos;
    return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace trustx::aws
