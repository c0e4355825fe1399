// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <trustx/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace trustx::aws {

// Endpoint is where the broker is; the port of MQTT with client certificates unless told otherwise (aws-iot.md
// section 1.1).
struct Endpoint {
    std::string host;
    std::uint16_t port = 8883;

    // parse reads HOST or HOST:PORT, with an IPv6 address in brackets. InputErrc::usage.
    static Result<Endpoint> parse(std::string_view text);
    [[nodiscard]] std::string text() const;

    friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

}  // namespace trustx::aws
