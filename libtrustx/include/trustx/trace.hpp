// SPDX-License-Identifier: Apache-2.0
// What was asked of the chip, how long it took and what it cost on the bus: a file for people, and an interface for
// programs that measure. Never the bytes of secrets; docs/trace.md says which bytes are shown.
#pragma once

#include <trustx/clock.hpp>
#include <trustx/error.hpp>
#include <trustx/export.hpp>
#include <trustx/object_id.hpp>
#include <trustx/result.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
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
    // A file for every byte of every transfer, secrets included: a session to be played again as a test. No setting and
    // no environment variable fills it, only a program whose user asked for it.
    std::string recording;
};

// BusCounts is what something cost on the bus.
struct BusCounts {
    std::uint32_t transfers = 0;  // attempts, unacknowledged ones included
    std::uint32_t naks = 0;       // attempts that found the address unacknowledged
    std::uint32_t polls = 0;      // reads of I2C_STATE
    std::uint32_t resends = 0;    // frames sent once more
    std::uint32_t failures = 0;   // transfers that the bus itself failed
    std::uint64_t sent = 0;       // bytes behind the address
    std::uint64_t received = 0;
};

// Activity is one thing done with the chip. It is valid during the call it is handed out in.
struct Activity {
    enum class Kind : std::uint8_t {
        apdu,    // a command and its answer
        attach,  // making sure of the chip's state, because another process may have used it
        reset,
    };

    Kind kind = Kind::apdu;
    std::string_view name;     // of the command, as in commands.hpp; "attach", "reset"
    std::uint8_t command = 0;  // Cmd and Param of the APDU
    std::uint8_t param = 0;
    std::optional<ObjectId> object;  // data object or key object the command names
    std::size_t sent = 0;            // sizes of the APDUs with their headers
    std::size_t received = 0;        // 0: no answer
    TimePoint start;
    Duration duration{};
    std::uint8_t status = 0;              // Sta of the answer
    std::optional<ChipError> chip_error;  // the reason the chip gave, where it was asked
    const Error* error = nullptr;         // why there is no answer
    BusCounts bus;
};

// TraceSink hears of every Activity of a Device, in order and after its end. Called under the lock of the chip: be
// quick and do not use the Device. One at a time for each Device.
class TRUSTX_EXPORT TraceSink {
 public:
    virtual ~TraceSink() = default;
    virtual void take(const Activity& activity) noexcept = 0;
};

}  // namespace trustx
