// SPDX-License-Identifier: Apache-2.0
#include "chip.hpp"

#include "support/catch.hpp"

#include <trustx/settings.hpp>

#include <cstdlib>
#include <stdexcept>

namespace trustx::test {
namespace {

std::unique_ptr<Device> open_device(const std::optional<Simulator>& simulator) {
    const char* named = std::getenv("TRUSTX_TEST_DEVICE");
    SettingOverrides overrides;
    overrides.command_line = simulator ? simulator->address() : std::string{named};
    auto settings = value(resolve_settings(overrides));
    if (simulator) {
        settings.options.lock_directory = simulator->directory().path();
    }
    return Device::open(settings.address, settings.options);
}

}  // namespace

Chip::Chip() {
    if (const char* named = std::getenv("TRUSTX_TEST_DEVICE"); named == nullptr || *named == '\0') {
        simulator_.emplace();
    }
    device_ = open_device(simulator_);
}

std::unique_ptr<Device> Chip::another() const {
    return open_device(simulator_);
}

Restored::Restored(Device& device, ObjectId object) : device_{device}, object_{object} {
    auto locked = value(device_.lock());
    content_ = value(read_object(locked, object_));
}

Restored::~Restored() {
    auto locked = device_.lock();
    const auto done = locked && (content_.empty() || write_object(*locked, object_, content_));
    if (!done) {
        WARN("the content of " << object_.hex() << " could not be put back; it was " << to_hex(content_));
    }
}

Bytes counting(std::size_t size, std::uint8_t first) {
    Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i) {
        bytes[i] = static_cast<std::uint8_t>(first + i + i / 256);
    }
    return bytes;
}

void fail_with(const Error& error) {
    throw std::runtime_error{error.message()};
}

}  // namespace trustx::test
