// SPDX-License-Identifier: Apache-2.0
// What every subcommand gets: which chip is meant, and whether notes are printed.
#pragma once

#include "cli/progress.hpp"
#include "common/try.hpp"

#include <trustx/commands.hpp>
#include <trustx/device.hpp>
#include <trustx/result.hpp>
#include <trustx/settings.hpp>
#include <trustx/uid.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace trustx::cli {

// Recording is what --record asked for, and the device that makes it.
struct Recording {
    std::optional<std::string> file = {};
    std::shared_ptr<Device> device = {};

    // finish completes the file. Error: InputErrc::unwritable where it is not complete.
    [[nodiscard]] Result<void> finish() const;
};

struct Context {
    std::optional<std::string> device;       // --device
    std::optional<std::string> device_name;  // --device-name
    std::string key_device;  // what a key file names where the command line names none; empty: the default device
    bool quiet = false;      // --quiet
    // Outlives the chip that a subcommand opens: what was lost is known at the end.
    std::shared_ptr<Recording> recording = std::make_shared<Recording>();

    // overrides are what resolve_settings is told.
    [[nodiscard]] SettingOverrides overrides(const SettingValues& openssl_conf = {}) const;

    // note tells people on stderr what happens. Answers never go this way.
    void note(std::string_view text) const;
};

// leaves_something says whether a command changes what others find in the chip: an object, a key.
template <class Command>
inline constexpr bool leaves_something = std::is_same_v<Command, SetDataObject> ||
                                         std::is_same_v<Command, SetMetadata> || std::is_same_v<Command, GenKeyPair>;

// without_traces is for commands that leave nothing in the chip: where the answer was lost, there is nothing to check.
template <class T>
Result<T> without_traces(Result<T> result);

// Chip is the device that the settings name. Opening it does not touch the bus yet.
struct Chip {
    Settings settings;
    std::shared_ptr<Device> device;
    std::unique_ptr<Progress> progress = std::make_unique<Progress>(-1);

    // run runs one command under the lock.
    template <class Command>
    [[nodiscard]] Result<typename Command::Response> run(const Command& command) {
        const Progress::Work work{*progress, waiting};
        if constexpr (leaves_something<Command>) {
            return device->run(command);
        } else {
            return without_traces(device->run(command));
        }
    }

    // with runs a function of the library under the lock: `chip.with([](auto& device) { return read_uid(device); })`.
    template <class Function>
    [[nodiscard]] auto with(Function function) -> decltype(function(std::declval<LockedDevice&>())) {
        const Progress::Work work{*progress, waiting};
        TRY(auto locked, device->lock());
        return function(locked);
    }

    static constexpr const char* waiting = "waiting for the chip";
};

// lost_without_traces is the error of without_traces.
Error lost_without_traces(const Error& error);

template <class T>
Result<T> without_traces(Result<T> result) {
    if (!result && result.error() == Errc::outcome_unknown) {
        result.error() = lost_without_traces(result.error());
    }
    return result;
}

// is_unreachable says that an error is about the way to the chip (absent, bus failure, timeout, in use by others), not
// about what a chip that answers said.
bool is_unreachable(const Error& error);

// chip_uid reads the UID.
Result<Uid> chip_uid(Chip& chip);

// open_chip resolves the settings, and makes the file of a recording that was asked for. openssl_conf is what the
// provider's section says, where the provider's chip is meant.
Result<Chip> open_chip(const Context& context, const SettingValues& openssl_conf = {});

}  // namespace trustx::cli
