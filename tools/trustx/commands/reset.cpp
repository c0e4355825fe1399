// SPDX-License-Identifier: Apache-2.0
// trustx reset: the reset line of the chip.
#include "cli/output.hpp"
#include "commands/subcommands.hpp"
#include "common/files/input_error.hpp"
#include "common/try.hpp"

namespace trustx::cli {
namespace {

constexpr const char* examples =
    R"(The reset line is pulsed, where the bus has one: the simulator has; the chip on an I2C adapter has if trustx.conf
says which GPIO line leads to it (reset-line), and a supply-line switches its supply off and on as well. Objects, keys
and life cycles stay; sessions, a running hash and the credit of the security monitor are lost, for other programs too.

Example:
  trustx reset)";

Result<void> reset(const Context& context) {
    TRY(auto chip, open_chip(context));
    const auto done = chip.device->reset();
    if (!done && done.error() == Errc::not_supported) {
        return fail(InputErrc::refused,
                    chip.settings.address.text() +
                        ": no line leads to the chip's reset pin; set reset-line in trustx.conf, or "
                        "switch the chip's power off and on");
    }
    TRYV(done);
    context.note("reset " + chip.settings.address.text());
    return {};
}

}  // namespace

void add_reset(Command& program) {
    auto command = program.subcommand("reset", "Reset the chip by its reset line", examples);
    command.on_run(reset);
}

}  // namespace trustx::cli
