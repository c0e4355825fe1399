// SPDX-License-Identifier: Apache-2.0
#include "program/options.hpp"

#include "common/command_line/given_twice.hpp"
#include "common/text/printable.hpp"
#include "common/try.hpp"
#include "model/faults/fault_rule.hpp"
#include "server/address.hpp"
#include "server/control.hpp"
#include "server/paced_clock.hpp"
#include "usbip/exporter.hpp"

#include <iostream>
#include <map>

#include <CLI/CLI.hpp>

namespace trustx::sim {

namespace {

constexpr int exit_failed = 1;
constexpr int exit_usage = 2;

// readable refuses a value that `parse` does not take while the command line is read, so that all mistakes in it end
// the program in one way.
template <class Parse>
CLI::Validator readable(Parse parse) {
    return CLI::Validator(
        [parse](const std::string& text) {
            const auto parsed = parse(text);
            return parsed ? std::string{} : parsed.error();
        },
        std::string{});
}

// parse_uid: chip-objects.md section 6.
Result<Bytes> parse_uid(const std::string& text) {
    constexpr std::size_t size = 27;
    auto uid = from_hex(text);
    if (!uid || uid->size() != size) {
        return fail("a UID is 54 hexadecimal digits, which `" + text + "` is not");
    }
    return *std::move(uid);
}

void define_simulator(CLI::App& app, Options& options) {
    static const std::map<std::string, AcknowledgeStyle> styles{{"automatic", AcknowledgeStyle::automatic},
                                                                {"piggyback", AcknowledgeStyle::piggyback},
                                                                {"separate", AcknowledgeStyle::separate}};
    app.add_option("--listen", options.listen, "Where hosts reach the chip, as unix:/path")
        ->check(readable(parse_address))
        ->type_name("ADDRESS");
    app.add_option("--usbip", options.usbip,
                   "Export the chip over USB/IP as a USB device of Linux' driver i2c-tiny-usb, too. "
                   "Port 0 is any free one")
        ->check(readable(usbip::parse_endpoint))
        ->type_name("ADDR:PORT");
    app.add_option("--nvm", options.nvm,
                   "File that keeps the chip's memory, private keys included; made when it does not exist. "
                   "Without it the memory is lost at the end")
        ->type_name("FILE");
    app.add_option("--timing", options.timing, "none: answers at once; typical: takes the time of a real chip and bus")
        ->check(CLI::IsMember({"none", "typical"}).description(""))
        ->type_name("none|typical")
        ->capture_default_str();
    app.add_option("--scl", options.scl_khz, "Bus frequency in kHz for --timing typical")
        ->check(CLI::IsMember({100U, 400U, 1000U}).description(""))
        ->type_name("100|400|1000")
        ->capture_default_str();
    app.add_option("--profile", options.profile,
                   "Recorded chip to resemble when the memory is new: A (at address 0x58), B or C [C]")
        ->check(CLI::IsMember({"A", "B", "C"}).description(""))
        ->type_name("A|B|C");
    app.add_option_function<std::string>(
           "--uid", [&options](const std::string& digits) { options.uid = from_hex(digits).value_or(Bytes{}); },
           "UID of a chip whose memory is new, as 54 hexadecimal digits; default: that of the profile")
        ->check(readable(parse_uid))
        ->type_name("HEX");
    app.add_option("--acknowledge", options.acknowledge, "How the end of a command is acknowledged")
        ->transform(CLI::CheckedTransformer(styles).description(""))
        ->type_name("automatic|piggyback|separate");
    app.add_option("--clock", options.clock,
                   "real; virtual: time passes with transfers and by `ctl advance` only; 10x: ten times as fast")
        ->check(readable(PacedClock::parse))
        ->type_name("CLOCK")
        ->capture_default_str();
    app.add_option("--fault", options.faults,
                   "Inject a fault, such as reset,during=CalcSign or address-nak,every=10; may be repeated. "
                   "See trustx-sim(1)")
        ->check(readable(parse_fault_rule))
        ->type_name("RULE")
        ->allow_extra_args(false);
    app.add_option("--seed", options.seed, "Make random numbers, keys and signatures the same in every run")
        ->type_name("N");
    app.add_flag("-v,--verbose", options.verbosity, "Report events on standard error; given twice, also every command");
    app.set_version_flag("--version", std::string{"trustx-sim " TRUSTX_VERSION});
}

void define_control(CLI::App& app, Options& options) {
    CLI::App* control = app.add_subcommand("ctl", "Send a command to a running simulator");
    control->add_option("ADDRESS", options.control_address, "Address of the simulator, as its --listen")
        ->check(readable(parse_address))
        ->type_name("")
        ->required();
    control->add_option("COMMAND", options.control_command, "See below")->type_name("")->required();
    control->footer("Commands:\n" + control_commands());
    control->callback([&options] {
        if (const auto known = check_control_command(options.control_command); !known) {
            throw CLI::ValidationError("command", known.error());
        }
        options.action = Options::Action::control;
    });
}

}  // namespace

Result<Options, int> parse_options(int argc, char** argv) {
    Options options;
    CLI::App app{"A simulated OPTIGA Trust X security chip on a socket (bus-socket.md)", "trustx-sim"};
    define_simulator(app, options);
    define_control(app, options);
    app.require_subcommand(0, 1);
    app.footer(
        "Example:\n  trustx-sim --listen unix:/tmp/chip --nvm chip.nvm\n  trustx-sim ctl unix:/tmp/chip stats\n\n"
        "Exit codes: 0 ended by a signal, or done; 1 something failed, or the simulator refused; 2 wrong command "
        "line.");
    try {
        app.parse(argc, argv);
        if (options.action == Options::Action::simulate && options.listen.empty() && options.usbip.empty()) {
            throw CLI::RequiredError("--listen or --usbip");
        }
    } catch (const CLI::Success& request) {
        static_cast<void>(app.exit(request));
        return tl::unexpected{std::cout.flush() ? 0 : exit_failed};
    } catch (const CLI::ParseError& error) {
        std::cerr << "trustx-sim: " << text::printable(command_line::what_is_wrong(app, error))
                  << "\nRun with --help for more information.\n";
        return tl::unexpected{exit_usage};
    }
    return options;
}

}  // namespace trustx::sim
