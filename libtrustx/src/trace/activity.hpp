// SPDX-License-Identifier: Apache-2.0
// One thing that a Device did with the chip, and what it cost.
#pragma once

#include <trustx/clock.hpp>
#include <trustx/error.hpp>
#include <trustx/object_id.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace trustx {

// BusCounts is what something cost on the bus.
struct BusCounts {
    std::uint32_t transfers = 0;  // attempts, unacknowledged ones included
    std::uint32_t naks = 0;       // attempts that found the address unacknowledged
    std::uint32_t polls = 0;      // reads of I2C_STATE
    std::uint32_t resends = 0;    // frames sent once more
    std::uint32_t failures = 0;   // transfers that the bus itself failed
};

// Activity is valid as long as the Error and the name that it refers to.
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

}  // namespace trustx
