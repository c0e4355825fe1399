// SPDX-License-Identifier: Apache-2.0
// The names of the trace's levels.
#include <trustx/trace.hpp>

#include <array>

namespace trustx {
namespace {

constexpr std::array<std::string_view, 3> names{"apdu", "frames", "transfers"};

}  // namespace

std::string_view to_string(TraceLevel level) noexcept {
    return names[static_cast<std::size_t>(level)];
}

Result<TraceLevel> parse_trace_level(std::string_view text) {
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i] == text) {
            return static_cast<TraceLevel>(i);
        }
    }
    return fail(Errc::setting_invalid,
                "trace level `" + std::string{text} + "`: apdu, frames and transfers are the levels");
}

}  // namespace trustx
