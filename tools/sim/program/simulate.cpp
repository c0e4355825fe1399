// SPDX-License-Identifier: Apache-2.0
#include "program/simulate.hpp"

#include "common/io/termination_signals.hpp"
#include "common/io/unique_fd.hpp"
#include "common/try.hpp"
#include "program/chip_assembly.hpp"
#include "server/private_directory.hpp"
#include "server/socket_server.hpp"
#include "usbip/exporter.hpp"

#include <iostream>
#include <utility>

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/prctl.h>

namespace trustx::sim {

namespace {

std::shared_ptr<spdlog::logger> make_log(int verbosity) {
    auto log = std::make_shared<spdlog::logger>("trustx-sim", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
    log->set_level(verbosity == 0 ? spdlog::level::warn : verbosity == 1 ? spdlog::level::info : spdlog::level::debug);
    log->set_pattern("%n: %^%l%$: %v");
    return log;
}

// Signals become readable, so that the server ends between two transfers and never inside one.
Result<UniqueFd> catch_termination() {
    auto signals = io::take_termination_signals();
    if (!signals) {
        return fail("cannot receive signals: " + signals.error().message());
    }
    return std::move(*signals);
}

// Without --listen the bus socket is in a directory that exists as long as the program.
Result<std::filesystem::path> bus_path(const Options& options, std::unique_ptr<PrivateDirectory>& directory) {
    if (!options.listen.empty()) {
        return parse_address(options.listen);
    }
    TRY(directory, PrivateDirectory::make());
    return directory->path() / "chip";
}

Result<std::unique_ptr<usbip::Exporter>> start_export(const Options& options, const std::filesystem::path& bus,
                                                      const Clock& clock, const UniqueFd& stop, spdlog::logger& log) {
    if (options.usbip.empty()) {
        return nullptr;
    }
    TRY(const auto endpoint, usbip::parse_endpoint(options.usbip));
    return usbip::Exporter::start(endpoint, bus, clock, stop.get(), log);
}

}  // namespace

Result<void> simulate(const Options& options) {
    TRY(const auto clock, PacedClock::parse(options.clock));
    std::unique_ptr<PrivateDirectory> directory;
    TRY(const auto path, bus_path(options, directory));
    TRY(const auto stop, catch_termination());
    ::prctl(PR_SET_TIMERSLACK, 1000UL);  // bus times are tens of microseconds
    const auto log = make_log(options.verbosity);
    TRY(const auto bus_socket, ListeningSocket::listen(path, ListeningSocket::Access::by_umask));
    TRY(const auto control_socket, ListeningSocket::listen(control_path(path), ListeningSocket::Access::owner_only));
    TRY(const auto chip, assemble_chip(options, *clock, log));

    // Before the socket server, so that it ends after it: a transfer that is asked for meanwhile fails at once.
    const ScaledClock real_time;
    TRY(const auto exporter, start_export(options, path, real_time, stop, *log));
    Control control{*chip, *clock};
    SocketServer server{*chip, *clock, control, bus_socket, control_socket, stop.get(), *log};
    std::cout << "listening on unix:" << path.string() << std::endl;
    if (exporter) {
        std::cout << "exporting over USB/IP on " << exporter->endpoint().text() << std::endl;
    }
    server.run();
    if (!chip->flush()) {
        return fail("the security event counter was not stored; see above");
    }
    return {};
}

}  // namespace trustx::sim
