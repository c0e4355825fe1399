// SPDX-License-Identifier: Apache-2.0
#include "security_watch.hpp"

#include <trustx/system_objects.hpp>

namespace trustx::provider {
namespace {

// The chip begins to delay at 128. Programs may have added as many as `uses_between_readings` since the counter was
// read, those that do not use the lock as well, so the warning comes at less.
constexpr int warning_from = 96;
constexpr unsigned uses_between_readings = 16;
constexpr std::chrono::seconds age_of_readings{60};
// Of a private key, without the delay.
constexpr std::chrono::seconds longest_use{1};

std::string described(int value) {
    const SecurityEventCounter counter{static_cast<std::uint8_t>(value)};
    const std::string now = "the chip's security event counter is " + std::to_string(value);
    if (!counter.throttled()) {
        return now + "; from " + std::to_string(SecurityEventCounter::throttled_from) +
               " on it delays every use of a private key";
    }
    return now + ", so it delays every use of a private key by about " + std::to_string(counter.delay().count()) +
           " ms";
}

constexpr const char* remedy = "; it falls by one in 5 s without such a use: sign less often, or resume TLS sessions";

}  // namespace

// Many uses by whatever programs raise the counter, and so does this process with one use after the other. To a first
// use the counter matters only if the delay can make it fail.
bool SecurityWatch::is_due(const SecurityEvents& events) const {
    if (uses_ == 0 && command_timeout_ < SecurityEventCounter::tmax + longest_use) {
        return true;
    }
    const bool repeated = uses_ > 0 && events.uses > 0;
    const bool old = !events.read_ago || *events.read_ago > age_of_readings;
    return events.uses >= uses_between_readings || (repeated && old);
}

void SecurityWatch::before_use(LockedDevice& device, ObjectId key) {
    // Keys in sessions are no protected event.
    if (key < object::device_key_1 || key > object::device_key_4) {
        return;
    }
    if (is_due(device.security_events())) {
        read(device);
    }
    ++uses_;
}

void SecurityWatch::read(LockedDevice& device) {
    const auto read = read_security_event_counter(device);
    counter_ = read ? read->value : unknown;
    if (counter_ >= warning_from) {
        device.note(described(counter_) + remedy);
    }
}

std::optional<std::uint8_t> SecurityWatch::counter() const noexcept {
    const int counter = counter_;
    return counter == unknown ? std::nullopt : std::optional{static_cast<std::uint8_t>(counter)};
}

std::string SecurityWatch::explanation() const {
    const int counter = counter_;
    return counter < warning_from ? std::string{} : described(counter) + remedy;
}

}  // namespace trustx::provider
