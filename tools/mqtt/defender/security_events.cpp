// SPDX-License-Identifier: Apache-2.0
#include "defender/security_events.hpp"

#include "common/try.hpp"

#include <trustx/device.hpp>
#include <trustx/settings.hpp>
#include <trustx/system_objects.hpp>

namespace trustx::mqtt {

trustx::Result<std::uint8_t> read_security_events(std::chrono::milliseconds lock_timeout) {
    TRY(auto settings, resolve_settings({}));
    settings.options.lock_timeout = lock_timeout;
    const auto device = Device::open(settings.address, settings.options);
    TRY(auto locked, device->lock());
    TRY(const auto counter, read_security_event_counter(locked));
    return counter.value;
}

}  // namespace trustx::mqtt
