// SPDX-License-Identifier: Apache-2.0
// trustx reset: the reset line of the chip.
#include "cli/output.hpp"
#include "commands/subcommands.hpp"
#include "common/try.hpp"

#include <CLI/CLI.hpp>

namespace trustx::cli {
namespace {

constexpr const char* examples =
    R"(The reset line is pulsed, where the bus has one: the simulator has, a plain I2C adapter has not. Objects, keys and
life cycles stay; sessions, a running hash and the credit of the security monitor are lost, for other programs too.

Example:
  trustx reset)";

Outcome<void> reset(const Context& context) {
    TRY(auto chip, open_chip(context));
    const auto done = chip.device->reset();
    if (!done && done.error() == Errc::not_supported) {
        return give_up(
            ExitCode::refused,
            chip.settings.address.text() + ": this bus has no reset line; switch the chip's power off and on instead");
    }
    if (!done) {
        return give_up(done.error());
    }
    context.note("reset " + chip.settings.address.text());
    return {};
}

}  // namespace

void add_reset(CLI::App& program, Task& task) {
    auto& command = add_subcommand(program, "reset", "Reset the chip by its reset line", examples);
    command.callback([&task] { task = reset; });
}

}  // namespace trustx::cli
