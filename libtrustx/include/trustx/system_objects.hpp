// SPDX-License-Identifier: Apache-2.0
// The small objects by which a chip tells how it does and takes its few settings. Source: chip-objects.md sections 1.1
// and 8 to 10.
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
    static constexpr std::chrono::seconds tmax{5};       // plus or minus 5 %
    static constexpr std::uint8_t throttled_from = 128;  // each use of a private key is delayed from here on

    std::uint8_t value = 0;

    [[nodiscard]] bool throttled() const noexcept { return value >= throttled_from; }
    // delay is how long the chip waits before it uses a private key: 0 to tmax. The end points are documented, the
    // straight line between them is an assumption.
    [[nodiscard]] std::chrono::milliseconds delay() const noexcept;

    friend bool operator==(const SecurityEventCounter&, const SecurityEventCounter&) = default;
};
TRUSTX_EXPORT Result<SecurityEventCounter> read_security_event_counter(LockedDevice& device);

// SecurityStatus is a set of flags that a host may clear but not set. No flag is defined for this chip; its successor
// has the boot phase. (E0C1 of the chip, F1C1 of the application, section 8)
struct TRUSTX_EXPORT SecurityStatus {
    static constexpr std::uint8_t boot_phase_flag = 0x20;
    std::uint8_t flags = 0;

    [[nodiscard]] bool boot_phase() const noexcept { return (flags & boot_phase_flag) != 0; }

    friend bool operator==(const SecurityStatus&, const SecurityStatus&) = default;
};
TRUSTX_EXPORT Result<SecurityStatus> read_chip_security_status(LockedDevice& device);
TRUSTX_EXPORT Result<SecurityStatus> read_application_security_status(LockedDevice& device);
// The clear_ functions take flags away and give what is left. They come back with the next reset.
TRUSTX_EXPORT Result<SecurityStatus> clear_chip_security_status(LockedDevice& device, std::uint8_t flags);
TRUSTX_EXPORT Result<SecurityStatus> clear_application_security_status(LockedDevice& device, std::uint8_t flags);

// The idle time after which the chip sleeps. (E0C3)
inline constexpr std::chrono::milliseconds min_sleep_activation_delay{20};
inline constexpr std::chrono::milliseconds max_sleep_activation_delay{255};
TRUSTX_EXPORT Result<std::chrono::milliseconds> read_sleep_activation_delay(LockedDevice& device);
// Error: Errc::argument_invalid outside the limits. Read back and compared.
TRUSTX_EXPORT Result<void> write_sleep_activation_delay(LockedDevice& device, std::chrono::milliseconds delay);

// The current that the chip may draw, in milliamperes; less makes every command slower. Kept over resets. (E0C4)
inline constexpr std::uint8_t min_current_limitation = 6;
inline constexpr std::uint8_t max_current_limitation = 15;
TRUSTX_EXPORT Result<std::uint8_t> read_current_limitation(LockedDevice& device);
// Error: Errc::argument_invalid outside the limits. Read back and compared.
TRUSTX_EXPORT Result<void> write_current_limitation(LockedDevice& device, std::uint8_t milliamperes);

}  // namespace trustx
