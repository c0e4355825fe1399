// SPDX-License-Identifier: Apache-2.0
// trustx-sim: puts a simulated OPTIGA Trust X behind a socket, and talks to one that runs.
#include "model/chip/factory.hpp"
#include "model/nvm/nvm_file.hpp"
#include "model/simulated_chip.hpp"
#include "server/address.hpp"
#include "server/control.hpp"
#include "server/paced_clock.hpp"
#include "server/private_directory.hpp"
#include "server/socket_server.hpp"
#include "usbip/attach.hpp"
#include "usbip/exporter.hpp"

#include <csignal>
#include <exception>
#include <iostream>
#include <map>
#include <utility>

#include <CLI/CLI.hpp>
#include <openssl/crypto.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>

namespace trustx::sim {

namespace {

constexpr int exit_failure = 1;
constexpr int exit_usage = 2;

struct Options {
    std::string listen;
    std::string usbip;
    std::string nvm;
    std::string profile;
    std::string timing = "none";
    std::uint32_t scl_khz = 400;
    AcknowledgeStyle acknowledge = AcknowledgeStyle::automatic;
    std::optional<std::uint64_t> seed;
    std::string clock = "real";
    std::vector<std::string> faults;
    int verbosity = 0;
    bool foreground = true;

    std::string control_address;
    std::vector<std::string> control_command;

    std::string attach_endpoint = "127.0.0.1:3240";
    std::string detach_adapter;
};

void define_simulator(CLI::App& app, Options& options) {
    static const std::map<std::string, AcknowledgeStyle> styles{{"automatic", AcknowledgeStyle::automatic},
                                                                {"piggyback", AcknowledgeStyle::piggyback},
                                                                {"separate", AcknowledgeStyle::separate}};
    app.add_option("--listen", options.listen, "Where hosts reach the chip, as unix:/path")->type_name("ADDRESS");
    app.add_option("--usbip", options.usbip,
                   "Export the chip over USB/IP as a USB device of Linux' driver i2c-tiny-usb, too; see attach. "
                   "Port 0 is any free one")
        ->type_name("ADDR:PORT");
    app.add_option("--nvm", options.nvm,
                   "File that keeps the chip's memory, private keys included; made when it does not exist. "
                   "Without it the chip forgets everything at the end")
        ->type_name("FILE");
    app.add_option("--timing", options.timing, "none: answers at once; typical: takes the time of a real chip and bus")
        ->check(CLI::IsMember({"none", "typical"}))
        ->capture_default_str();
    app.add_option("--scl", options.scl_khz, "Bus frequency in kHz for --timing typical")
        ->check(CLI::IsMember({100U, 400U, 1000U}))
        ->capture_default_str();
    app.add_option("--profile", options.profile,
                   "Recorded chip to resemble when the memory is new: A (at address 0x58), B or C [C]")
        ->check(CLI::IsMember({"A", "B", "C"}));
    app.add_option("--acknowledge", options.acknowledge, "How the end of a command is acknowledged")
        ->transform(CLI::CheckedTransformer(styles))
        ->type_name("automatic|piggyback|separate");
    app.add_option("--clock", options.clock,
                   "real; virtual: time passes with transfers and by `ctl advance` only; 10x: ten times as fast")
        ->type_name("CLOCK")
        ->capture_default_str();
    app.add_option("--fault", options.faults,
                   "Let something go wrong, such as reset,during=CalcSign or address-nak,every=10; may be repeated. "
                   "See trustx-sim(1)")
        ->type_name("RULE")
        ->allow_extra_args(false);
    app.add_option("--seed", options.seed, "Make random numbers, keys and signatures the same in every run")
        ->type_name("N");
    app.add_flag("-v,--verbose", options.verbosity, "Tell on standard error what happens; twice for every command");
    app.add_flag("--foreground", options.foreground, "Stay in the foreground, as always");
    app.set_version_flag("--version", std::string("trustx-sim " TRUSTX_VERSION));
}

CLI::App* define_control(CLI::App& app, Options& options) {
    CLI::App* control = app.add_subcommand("ctl", "Ask a running simulator");
    control->add_option("address", options.control_address, "What the simulator was given as --listen")->required();
    control->add_option("command", options.control_command, "See below")->required();
    control->footer("Commands:\n" + control_commands());
    return control;
}

CLI::App* define_attach(CLI::App& app, Options& options) {
    CLI::App* attach = app.add_subcommand(
        "attach", "Plug an exported chip into this machine's kernel and print its /dev/i2c-N (root)");
    attach->add_option("endpoint", options.attach_endpoint, "What the simulator was given as --usbip")
        ->type_name("ADDR:PORT")
        ->capture_default_str();
    return attach;
}

CLI::App* define_detach(CLI::App& app, Options& options) {
    CLI::App* detach = app.add_subcommand("detach", "Unplug the simulated chips from this machine's kernel (root)");
    detach->add_option("adapter", options.detach_adapter, "Only the one behind this /dev/i2c-N");
    return detach;
}

int fail(const std::string& message) {
    std::cerr << "trustx-sim: " << message << '\n';
    return exit_failure;
}

std::shared_ptr<spdlog::logger> make_log(int verbosity) {
    auto log = std::make_shared<spdlog::logger>("trustx-sim", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
    log->set_level(verbosity == 0 ? spdlog::level::warn : verbosity == 1 ? spdlog::level::info : spdlog::level::debug);
    log->set_pattern("%n: %^%l%$: %v");
    return log;
}

tl::expected<std::unique_ptr<Nvm>, std::string> open_nvm(const std::string& path) {
    if (path.empty()) {
        return std::make_unique<MemoryNvm>();
    }
    auto file = NvmFile::open(path);
    if (!file) {
        return tl::unexpected<std::string>(file.error());
    }
    return std::move(*file);
}

// Signals become readable, so that the server ends between two transfers and never inside one.
Fd catch_termination() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    ::sigprocmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);  // a file size limit is like a full disk: the command fails, the chip goes on
    return Fd(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
}

// Without --listen the bus socket lies in a directory that exists as long as the program.
tl::expected<std::filesystem::path, std::string> bus_path(const Options& options,
                                                          std::unique_ptr<PrivateDirectory>& directory) {
    if (!options.listen.empty()) {
        return parse_address(options.listen);
    }
    auto made = PrivateDirectory::make();
    if (!made) {
        return tl::unexpected<std::string>(made.error());
    }
    directory = std::move(*made);
    return directory->path() / "chip";
}

tl::expected<std::unique_ptr<usbip::Exporter>, std::string> start_export(const Options& options,
                                                                         const std::filesystem::path& bus,
                                                                         const Clock& clock, const Fd& stop,
                                                                         spdlog::logger& log) {
    if (options.usbip.empty()) {
        return nullptr;
    }
    return usbip::parse_endpoint(options.usbip).and_then([&](const usbip::Endpoint& endpoint) {
        return usbip::Exporter::start(endpoint, bus, clock, stop.get(), log);
    });
}

tl::expected<std::vector<FaultRule>, std::string> parse_faults(const std::vector<std::string>& texts) {
    std::vector<FaultRule> rules;
    for (const auto& text : texts) {
        auto rule = parse_fault_rule(text);
        if (!rule) {
            return tl::unexpected<std::string>(rule.error());
        }
        rules.push_back(std::move(*rule));
    }
    return rules;
}

// A bus that the chip does not understand is a lawful wish, and a riddle to whoever did not mean it.
void warn_of_fast_bus(const SimulatedChip& chip, spdlog::logger& log) {
    if (chip.scl_khz() > chip.max_scl_khz()) {
        log.warn("the bus runs at {} kHz, and the chip acknowledges nothing above {} kHz until I2C_MODE says otherwise",
                 chip.scl_khz(), chip.max_scl_khz());
    }
}

int simulate(const Options& options) {
    const auto clock = PacedClock::parse(options.clock);
    if (!clock) {
        return fail(clock.error());
    }
    auto faults = parse_faults(options.faults);
    if (!faults) {
        return fail(faults.error());
    }
    std::unique_ptr<PrivateDirectory> directory;
    const auto path = bus_path(options, directory);
    if (!path) {
        return fail(path.error());
    }
    const Fd stop = catch_termination();
    ::prctl(PR_SET_TIMERSLACK, 1000UL);  // bus times are tens of microseconds
    const auto log = make_log(options.verbosity);

    auto bus_socket = ListeningSocket::listen(*path, ListeningSocket::Access::by_umask);
    if (!bus_socket) {
        return fail(bus_socket.error());
    }
    auto control_socket = ListeningSocket::listen(control_path(*path), ListeningSocket::Access::owner_only);
    if (!control_socket) {
        return fail(control_socket.error());
    }
    auto nvm = open_nvm(options.nvm);
    if (!nvm) {
        return fail(nvm.error());
    }
    auto chip =
        SimulatedChip::create({.profile = options.profile,
                               .seed = options.seed,
                               .timing = options.timing == "none" ? Timing::none() : Timing::typical(options.scl_khz),
                               .acknowledge = options.acknowledge,
                               .log = log},
                              std::move(*nvm), **clock);
    if (!chip) {
        return fail(chip.error());
    }
    for (auto& rule : *faults) {
        (*chip)->faults().add(std::move(rule));
    }
    warn_of_fast_bus(**chip, *log);

    // Before the socket server, so that it ends after it: who asks for a transfer then hears that nobody listens.
    const ScaledClock real_time;
    const auto exporter = start_export(options, *path, real_time, stop, *log);
    if (!exporter) {
        return fail(exporter.error());
    }
    Control control(**chip, **clock);
    SocketServer server(**chip, **clock, control, *bus_socket, *control_socket, stop.get(), *log);
    std::cout << "listening on unix:" << path->string() << std::endl;
    if (*exporter) {
        std::cout << "exporting over USB/IP on " << (*exporter)->endpoint().text() << std::endl;
    }
    server.run();
    if (!(*chip)->flush()) {
        return fail("the security event counter was not stored; see above");
    }
    return 0;
}

int attach(const Options& options) {
    const auto adapter = usbip::parse_endpoint(options.attach_endpoint).and_then([](const usbip::Endpoint& endpoint) {
        return usbip::attach(endpoint);
    });
    if (!adapter) {
        return fail(adapter.error());
    }
    std::cout << adapter->string() << std::endl;
    return 0;
}

int detach(const Options& options) {
    const auto count = usbip::detach(options.detach_adapter);
    return count ? 0 : fail(count.error());
}

int run(int argc, char** argv) {
    Options options;
    CLI::App app("A simulated OPTIGA Trust X security chip on a socket (bus-socket.md)", "trustx-sim");
    define_simulator(app, options);
    const CLI::App* control = define_control(app, options);
    const CLI::App* attaching = define_attach(app, options);
    const CLI::App* detaching = define_detach(app, options);
    app.require_subcommand(0, 1);
    app.footer(
        "Example:\n  trustx-sim --listen unix:/tmp/chip --nvm chip.nvm\n  trustx-sim ctl unix:/tmp/chip stats\n"
        "  trustx-sim --usbip 127.0.0.1:3240 --nvm chip.nvm &  sudo trustx-sim attach");
    try {
        app.parse(argc, argv);
        if (app.get_subcommands().empty() && options.listen.empty() && options.usbip.empty()) {
            throw CLI::RequiredError("--listen or --usbip");
        }
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : exit_usage;
    }
    if (attaching->parsed()) {
        return attach(options);
    }
    if (detaching->parsed()) {
        return detach(options);
    }
    if (!control->parsed()) {
        return simulate(options);
    }
    const auto path = parse_address(options.control_address);
    return path ? run_control_client(*path, options.control_command) : fail(path.error());
}

}  // namespace

}  // namespace trustx::sim

int main(int argc, char** argv) {
    // The configuration file may name the provider that uses a chip; the chip itself must not.
    ::OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
    try {
        return trustx::sim::run(argc, argv);
    } catch (const std::exception& error) {
        std::cerr << "trustx-sim: " << error.what() << '\n';
        return 1;
    }
}
