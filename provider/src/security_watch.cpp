// SPDX-License-Identifier: Apache-2.0
#include "security_watch.hpp"

#include <trustx/system_objects.hpp>

namespace trustx::provider {
namespace {

// The chip begins to delay at 128. This process may have added as many as `uses_between_readings` since the counter was
// read, and others as well, so the warning comes at less.
constexpr int warning_from = 96;
constexpr std::uint64_t uses_between_readings = 16;
constexpr std::chrono::seconds age_of_readings{60};

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

bool SecurityWatch::is_due() const {
    return !read_at_ || uses_.load() - uses_when_read_ >= uses_between_readings ||
           clock_.now() - *read_at_ > age_of_readings;
}

void SecurityWatch::look(LockedDevice& device) {
    if (!is_due()) {
        return;
    }
    read_at_ = clock_.now();
    uses_when_read_ = uses_.load();
    const auto read = read_security_event_counter(device);
    counter_ = read ? read->value : unknown;
    if (counter_ >= warning_from) {
        device.note(described(counter_) + remedy);
    }
}

void SecurityWatch::count_use(ObjectId key) noexcept {
    // Keys in sessions are no protected event.
    if (key >= object::device_key_1 && key <= object::device_key_4) {
        ++uses_;
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
