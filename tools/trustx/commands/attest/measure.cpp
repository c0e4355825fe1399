// SPDX-License-Identifier: Apache-2.0
// trustx attest measure: measures, and adds what was found to the log of this start. The unit trustx-attest.service
// runs it early.
#include "attest/log.hpp"
#include "cli/context.hpp"
#include "cli/output.hpp"
#include "commands/attest/options.hpp"
#include "commands/attest/subcommands.hpp"
#include "common/text/printable.hpp"
#include "common/try.hpp"

#include <ctime>
#include <memory>

namespace trustx::cli {
namespace {

constexpr const char* measure_examples =
    R"(The chip is not used. Each entry of the log has a digest over the one before it: what is changed or removed afterwards is
noticed, by `trustx attest` and `trustx attest verify`. Who is root can write another log from the start; evidence that
was handed over before shows that.

Examples:
  sudo trustx attest measure
  sudo systemctl enable trustx-attest       (early, at each start))";

Result<void> measure_and_log(const Context& context, const MeasuringOptions& options) {
    TRY(const auto settings, settings_of(options));
    const auto roots = roots_of(options);
    TRY(const auto found, attest::measure_system(roots, settings.measured, measuring_program()));
    for (const auto& note : found.notes) {
        context.note(note);
    }
    TRY(const auto entry, attest::append_to_log(options.log, found.boot_id, std::time(nullptr), found.components));
    std::string text;
    for (const auto& [name, digest] : entry.components) {
        text += attest::hex(digest) + "  " + name + "\n";
    }
    TRYV(answer(text));
    return tell_incomplete(context, found);
}

}  // namespace

void add_attest_measure(Command& attest) {
    const auto options = std::make_shared<MeasuringOptions>();
    auto command = attest.subcommand("measure", "Measure now, and add it to the log of this start", measure_examples);
    add_measuring_options(command, *options);
    command.on_run([options](const Context& context) { return measure_and_log(context, *options); });
}

}  // namespace trustx::cli
