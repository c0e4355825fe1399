// SPDX-License-Identifier: Apache-2.0
// What every subcommand gets: which chip is meant, and whether to chat.
#pragma once

#include "cli/exit_code.hpp"

#include <trustx/device.hpp>
#include <trustx/settings.hpp>
#include <trustx/uid.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
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

    // run runs one command under the lock and turns a failure into the tool's own.
    template <class Command>
    [[nodiscard]] Outcome<typename Command::Response> run(const Command& command) {
        auto response = device->run(command);
        if (!response) {
            return give_up(response.error());
        }
        return std::move(*response);
    }

    // with runs a function of the library under the lock: `chip.with([](auto& device) { return read_uid(device); })`.
    template <class Function>
    [[nodiscard]] auto with(Function function) {
        using Value = typename decltype(function(std::declval<LockedDevice&>()))::value_type;
        auto locked = lock();
        if (!locked) {
            return Outcome<Value>{locked.failure()};
        }
        auto result = function(*locked);
        if (!result) {
            return Outcome<Value>{give_up(result.error())};
        }
        if constexpr (std::is_void_v<Value>) {
            return Outcome<Value>{};
        } else {
            return Outcome<Value>{std::move(*result)};
        }
    }

    // lock takes the chip for more than one command that belong together.
    [[nodiscard]] Outcome<LockedDevice> lock();
};

// chip_uid reads the UID.
Outcome<Uid> chip_uid(Chip& chip);

// open_chip resolves the settings, and makes the file of a recording that was asked for.
Outcome<Chip> open_chip(const Context& context);

}  // namespace trustx::cli
