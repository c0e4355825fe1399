// SPDX-License-Identifier: Apache-2.0
// System objects of one byte: the state and the few settings of the chip. Source: chip-objects.md sections 1.1 and
// 8 to 10.
#pragma once

#include <trustx/clock.hpp>
#include <trustx/device.hpp>
#include <trustx/export.hpp>
#include <trustx/object_id.hpp>
#include <trustx/result.hpp>

#include <chrono>
#include <cstdint>

namespace trustx {

// read_byte reads an object of one byte. Error: Errc::response_malformed for any other length.
TRUSTX_EXPORT Result<std::uint8_t> read_byte(LockedDevice& device, ObjectId object);

// SecurityEventCounter counts uses of private keys beyond one in tmax, and attacks. It falls by one for each tmax
// without an event. (E0C5, section 9)
struct TRUSTX_EXPORT SecurityEventCounter {
    static constexpr std::chrono::seconds tmax = SecurityEvents::tmax;
    static constexpr std::uint8_t throttled_from = 128;  // each use of a private key is delayed from here on

    std::uint8_t value = 0;

    [[nodiscard]] bool throttled() const noexcept { return value >= throttled_from; }
    // delay is how long the chip waits before it uses a private key: 0 to tmax. The end points are documented, the
    // straight line between them is an assumption.
    [[nodiscard]] std::chrono::milliseconds delay() const noexcept;

    friend bool operator==(const SecurityEventCounter&, const SecurityEventCounter&) = default;
};
// read_security_event_counter reads E0C5.
TRUSTX_EXPORT Result<SecurityEventCounter> read_security_event_counter(LockedDevice& device);

}  // namespace trustx
