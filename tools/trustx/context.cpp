// SPDX-License-Identifier: Apache-2.0
#include "context.hpp"

#include "output.hpp"

#include <trustx/objects.hpp>

namespace trustx::cli {

void Context::note(std::string_view text) const {
    if (!quiet) {
        say(text);
    }
}

Outcome<LockedDevice> Chip::lock() {
    auto locked = device->lock();
    if (!locked) {
        return give_up(locked.error());
    }
    return std::move(*locked);
}

Outcome<Uid> chip_uid(Chip& chip) {
    auto locked = chip.lock();
    if (!locked) {
        return locked.failure();
    }
    const auto uid = read_uid(*locked);
    if (!uid) {
        return give_up(uid.error());
    }
    return *uid;
}

Outcome<Chip> open_chip(const Context& context) {
    auto settings =
        resolve_settings({.command_line = context.device, .openssl_conf = {}, .device_name = context.device_name});
    if (!settings) {
        return give_up(settings.error());
    }
    auto device = Device::open(settings->address, settings->options);
    return Chip{.settings = std::move(*settings), .device = std::move(device)};
}

}  // namespace trustx::cli
