// SPDX-License-Identifier: Apache-2.0
// trustx reset: the chip starts again.
#include "cli/output.hpp"
#include "commands/subcommands.hpp"
#include "common/try.hpp"

namespace trustx::cli {
namespace {

constexpr const char* reset_examples =
    R"(The reset line is pulsed, where the bus has one: the simulator has; a chip on an I2C adapter has if trustx.conf says
which GPIO line leads to it (reset-line), and a supply-line switches its supply off and on as well. Without a line the
chip is told to reset itself, which one that hangs does not do. Objects, keys and life cycles stay; sessions, a running
hash and the credit of the security monitor are lost, for other programs too.

Example:
  trustx reset)";

Result<void> reset(const Context& context) {
    TRY(auto chip, open_chip(context));
    const auto& address = chip.settings.address;
    const bool has_line = address.kind == BusAddress::Kind::unix_socket || address.reset_line || address.supply_line;
    TRYV(has_line ? chip.device->reset()
                  : chip.device->reset().during("reset without a line (trustx.conf has no reset-line for this chip)"));
    context.note("reset " + address.chip().text());
    return {};
}

}  // namespace

void add_reset(Command& program) {
    auto command = program.subcommand("reset", "Reset the chip", reset_examples);
    command.on_run(reset);
}

}  // namespace trustx::cli
