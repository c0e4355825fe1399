// SPDX-License-Identifier: Apache-2.0
// How a received message is printed: the payload alone, or by a format as mosquitto_sub has it.
#pragma once

#include "connection/message.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trustx::mqtt {

// OutputFormat is a text with fields: %p payload, %t topic, %l length of the payload in bytes, %q quality of service,
// %r 1 for a retained message, %d 1 for one that the broker marks as sent before, %x payload in hexadecimal, %U time of
// arrival in seconds since 1970, %I the same as 2026-01-31T12:00:00Z, %% a percent sign; \n, \t, \\ as usual.
class OutputFormat {
 public:
    // parse gives nothing for a field that is none of these.
    static std::optional<OutputFormat> parse(std::string_view text);

    // apply gives the bytes to print. For a terminal those of others are made printable, line by line.
    [[nodiscard]] std::string apply(const Message& message, bool for_terminal) const;

 private:
    struct Part {
        char field = 0;  // 0: literal
        std::string literal{};
    };
    std::vector<Part> parts_;
};

}  // namespace trustx::mqtt
