// SPDX-License-Identifier: Apache-2.0
#include "cli/program.hpp"

#include "cli/output.hpp"
#include "commands/subcommands.hpp"

#include <exception>
#include <memory>

#include <CLI/CLI.hpp>

namespace trustx::cli {
namespace {

constexpr const char* what_it_is =
    "Look after an Infineon OPTIGA Trust X chip: make keys in it, put certificates on it, read and write its objects.";

constexpr const char* what_to_know =
    R"(Objects and key slots are named by number (E0F1) or by name (device-key-2); `trustx object --help` lists them.
The chip is found by --device, then the environment variable TRUSTX_DEVICE, then /etc/trustx/trustx.conf, then
i2c:/dev/i2c-1@0x30. Addresses: i2c:/dev/i2c-1@0x30, /dev/i2c-1, unix:/run/trustx-sim.sock.

A gateway's identity, from nothing to a certificate on the chip:
  trustx info
  trustx keygen E0F1 --out key.pem
  openssl req -new -key key.pem -subj /CN=gateway -out request.pem      (needs the trustx provider)
  trustx cert write E0E1 certificate.pem --key key.pem

Answers go to standard output, messages to standard error.
Exit codes:
  0   done
  1   refused, by the chip or because something would be lost
  2   the command line or a setting cannot be understood
  3   the chip cannot be reached: absent, bus failure, timeout, in use by others
  4   a file cannot be read or written, or does not hold what it should
  5   a check failed: two things that should belong together do not
  6   nothing there: the object is empty or the slot holds no key
  70  a defect of trustx itself

`trustx SUBCOMMAND --help` says more about each.)";

// HelpFormatter prints placeholders as given, where CLI11 would add types and defaults of its own.
class HelpFormatter final : public CLI::Formatter {
 public:
    HelpFormatter() { column_width(28); }
    std::string make_option_opts(const CLI::Option* option) const override {
        return option->get_positional() || option->get_type_size() == 0 ? std::string{} : " " + option->get_type_name();
    }
};

void add_global_options(CLI::App& program, Context& context) {
    program.add_option("-d,--device", context.device, "Where the chip is, as i2c:/dev/i2c-1@0x30 or unix:/path")
        ->type_name("ADDRESS");
    program
        .add_option("--device-name", context.device_name,
                    "Use the section [device NAME] of trustx.conf; key files remember the name")
        ->type_name("NAME");
    program
        .add_option("--record", context.recording,
                    "Record every byte on the bus, secrets included, in a new file; for tests")
        ->type_name("FILE");
    program.add_flag("-q,--quiet", context.quiet, "Keep notes to yourself; errors are still told");
    program.set_version_flag("--version", "trustx " TRUSTX_VERSION, "Print the version and exit");
    program.set_help_flag("-h,--help", "Print this help and exit");
}

std::string command_name(const CLI::App& program) {
    std::string name = "trustx";
    for (const auto* app = &program; !app->get_subcommands().empty();) {
        app = app->get_subcommands().front();
        name += " " + app->get_name();
    }
    return name;
}

int finish(ExitCode code) {
    return static_cast<int>(code);
}

int finish(const Outcome<void>& outcome) {
    if (!outcome) {
        say(outcome.error().message);
        return finish(outcome.error().exit);
    }
    return finish(ExitCode::success);
}

// CLI11 reports help and version the same way as mistakes.
int finish(const CLI::App& program, const CLI::ParseError& error) {
    if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
        const bool is_version = dynamic_cast<const CLI::CallForVersion*>(&error) != nullptr;
        return finish(answer(is_version ? std::string{error.what()} + "\n" : program.help()));
    }
    say(std::string{error.what()} + "\nTry `" + command_name(program) + " --help`.");
    return finish(ExitCode::usage);
}

}  // namespace

CLI::App& add_subcommand(CLI::App& parent, const std::string& name, const std::string& description,
                         const std::string& footer) {
    auto* command = parent.add_subcommand(name, description);
    command->footer(footer);
    return *command;
}

int run(int argc, const char* const* argv) {
    Context context;
    Task task;
    CLI::App program{what_it_is, "trustx"};
    program.formatter(std::make_shared<HelpFormatter>());
    program.footer(what_to_know);
    program.require_subcommand(1);
    program.fallthrough();  // `trustx info --device D` is as good as `trustx --device D info`
    add_global_options(program, context);
    add_info(program, task);
    add_objects(program, task);
    add_object(program, task);
    add_metadata(program, task);
    add_lifecycle(program, task);
    add_keygen(program, task);
    add_key_file(program, task);
    add_pubkey(program, task);
    add_sign(program, task);
    add_verify(program, task);
    add_hash(program, task);
    add_random(program, task);
    add_ecdh(program, task);
    add_derive(program, task);
    add_auth(program, task);
    add_cert(program, task);
    add_anchor(program, task);
    add_monitor(program, task);
    add_reset(program, task);
    add_trace(program, task);
    add_setup(program, task);
    try {
        program.parse(argc, argv);
        return finish(task(context));
    } catch (const CLI::ParseError& error) {
        return finish(program, error);
    } catch (const std::exception& error) {
        say(std::string{"internal error: "} + error.what());
        return finish(ExitCode::internal);
    }
}

}  // namespace trustx::cli
