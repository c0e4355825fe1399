// SPDX-License-Identifier: Apache-2.0
// What every subcommand gets: which chip is meant, and whether notes are printed.
#pragma once

#include "common/try.hpp"

#include <trustx/device.hpp>
#include <trustx/result.hpp>
#include <trustx/settings.hpp>
#include <trustx/uid.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace trustx::cli {

struct Context {
    std::optional<std::string> device;  // --device
    std::string device_name;            // --device-name
    std::string recording;              // --record; empty: none
    bool quiet = false;                 // --quiet

    // note tells people on stderr what happens. Answers never go this way.
    void note(std::string_view text) const;
};

// Chip is the device that the settings name. Opening it does not touch the bus yet.
struct Chip {
    Settings settings;
    std::unique_ptr<Device> device;

    // run runs one command under the lock.
    template <class Command>
    [[nodiscard]] Result<typename Command::Response> run(const Command& command) {
        return device->run(command);
    }

    // with runs a function of the library under the lock: `chip.with([](auto& device) { return read_uid(device); })`.
    template <class Function>
    [[nodiscard]] auto with(Function function) -> decltype(function(std::declval<LockedDevice&>())) {
        TRY(auto locked, lock());
        return function(locked);
    }

    // lock takes the chip for more than one command that belong together.
    [[nodiscard]] Result<LockedDevice> lock() { return device->lock(); }
};

// is_unreachable says that an error is about the way to the chip (absent, bus failure, timeout, in use by others), not
// about what a chip that answers said.
bool is_unreachable(const Error& error);

// chip_uid reads the UID.
Result<Uid> chip_uid(Chip& chip);

// open_chip resolves the settings, and makes the file of a recording that was asked for.
Result<Chip> open_chip(const Context& context);

}  // namespace trustx::cli
