// SPDX-License-Identifier: Apache-2.0
#include "common/try.hpp"

#include <trustx/objects.hpp>
#include <trustx/system_objects.hpp>

#include <array>

namespace trustx {
namespace {

using std::chrono::milliseconds;

Result<void> write_byte(LockedDevice& device, ObjectId object, std::uint8_t value) {
    return write_slice(device, object, 0, std::array<std::uint8_t, 1>{value});
}

Result<SecurityStatus> read_status(LockedDevice& device, ObjectId object) {
    const auto flags = read_byte(device, object);
    return flags ? Result<SecurityStatus>{SecurityStatus{*flags}} : flags.failure();
}

// The chip takes the intersection of what it has and what is written (section 8), so that a flag which rose in between
// is not lost unseen.
Result<SecurityStatus> clear_status(LockedDevice& device, ObjectId object, std::uint8_t flags) {
    const std::array<std::uint8_t, 1> remaining{static_cast<std::uint8_t>(~flags)};
    if (const auto written = device.run(SetDataObject{object, 0, remaining}); !written) {
        return written.failure("clear flags of the security status " + object.hex());
    }
    const auto left = read_status(device, object);
    if (left && (left->flags & flags) != 0) {
        return fail(Errc::verify_mismatch, "clear flags of the security status " + object.hex());
    }
    return left;
}

}  // namespace

Result<std::uint8_t> read_byte(LockedDevice& device, ObjectId object) {
    TRY(const auto content, device.run(GetDataObject{object, 0, 1}));
    if (content.size() != 1) {
        return fail(Errc::response_malformed, "read the byte of object " + object.hex());
    }
    return content.front();
}

milliseconds SecurityEventCounter::delay() const noexcept {
    if (!throttled()) {
        return milliseconds{0};
    }
    constexpr int steps = 256 - throttled_from;
    return milliseconds{tmax} * (value - throttled_from + 1) / steps;
}

Result<SecurityEventCounter> read_security_event_counter(LockedDevice& device) {
    const auto value = read_byte(device, object::security_event_counter);
    return value ? Result<SecurityEventCounter>{SecurityEventCounter{*value}} : value.failure();
}

Result<SecurityStatus> read_chip_security_status(LockedDevice& device) {
    return read_status(device, object::security_status_global);
}

Result<SecurityStatus> read_application_security_status(LockedDevice& device) {
    return read_status(device, object::security_status_application);
}

Result<SecurityStatus> clear_chip_security_status(LockedDevice& device, std::uint8_t flags) {
    return clear_status(device, object::security_status_global, flags);
}

Result<SecurityStatus> clear_application_security_status(LockedDevice& device, std::uint8_t flags) {
    return clear_status(device, object::security_status_application, flags);
}

Result<milliseconds> read_sleep_activation_delay(LockedDevice& device) {
    const auto value = read_byte(device, object::sleep_activation_delay);
    return value ? Result<milliseconds>{milliseconds{*value}} : value.failure();
}

Result<void> write_sleep_activation_delay(LockedDevice& device, milliseconds delay) {
    if (delay < min_sleep_activation_delay || delay > max_sleep_activation_delay) {
        return fail(Errc::argument_invalid,
                    "sleep activation delay of " + std::to_string(delay.count()) + " ms, allowed are 20 to 255 ms");
    }
    return write_byte(device, object::sleep_activation_delay, static_cast<std::uint8_t>(delay.count()));
}

Result<std::uint8_t> read_current_limitation(LockedDevice& device) {
    return read_byte(device, object::current_limitation);
}

Result<void> write_current_limitation(LockedDevice& device, std::uint8_t milliamperes) {
    if (milliamperes < min_current_limitation || milliamperes > max_current_limitation) {
        return fail(Errc::argument_invalid,
                    "current limitation of " + std::to_string(milliamperes) + " mA, allowed are 6 to 15 mA");
    }
    return write_byte(device, object::current_limitation, milliamperes);
}

}  // namespace trustx
