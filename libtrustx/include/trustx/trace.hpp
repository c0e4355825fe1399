// SPDX-License-Identifier: Apache-2.0
// A file that says what was asked of the chip, how long it took and what it cost on the bus. Never the bytes of
// secrets; docs/trace.md says which bytes are shown.
#pragma once

#include <trustx/export.hpp>
#include <trustx/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace trustx {

// TraceLevel: each level includes those before it.
enum class TraceLevel : std::uint8_t {
    apdu,       // one line for each command and its answer, and for each time the chip had to be attached
    frames,     // one more for each frame of the data link
    transfers,  // one more for each transfer on the bus
};

// parse_trace_level reads `apdu`, `frames` or `transfers`. Error: Errc::setting_invalid.
TRUSTX_EXPORT Result<TraceLevel> parse_trace_level(std::string_view text);
TRUSTX_EXPORT std::string_view to_string(TraceLevel level) noexcept;

// TraceOptions says where a Device writes its trace. It is appended to a regular file of mode 0600, one write for each
// line, so that processes may share it.
struct TraceOptions {
    std::string file{};  // empty: no trace
    TraceLevel level = TraceLevel::apdu;
    // A file for every byte of every transfer, secrets included: a session to be replayed as a test. No setting and
    // no environment variable fills it, only a program whose user asked for it.
    std::string recording;
};

}  // namespace trustx
