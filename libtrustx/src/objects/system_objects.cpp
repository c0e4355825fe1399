// SPDX-License-Identifier: Apache-2.0
#include "common/try.hpp"

#include <trustx/system_objects.hpp>

namespace trustx {

using std::chrono::milliseconds;

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
    TRY(const auto value, read_byte(device, object::security_event_counter));
    return SecurityEventCounter{value};
}

}  // namespace trustx
