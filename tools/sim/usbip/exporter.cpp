// SPDX-License-Identifier: Apache-2.0
#include "usbip/exporter.hpp"

#include "common/try.hpp"

#include <utility>

#include <spdlog/spdlog.h>

namespace trustx::sim::usbip {

Result<std::unique_ptr<Exporter>> Exporter::start(const Endpoint& endpoint, std::filesystem::path bus_socket,
                                                  const Clock& clock, int stop_fd, spdlog::logger& log) {
    TRY(auto listener, listen_on(endpoint));
    if (!listener.loopback) {
        log.warn("usbip: {} can be reached from the network, and the protocol asks for no password",
                 listener.bound.text());
    }
    return std::unique_ptr<Exporter>(
        new Exporter(std::move(bus_socket), std::move(listener), clock, stop_fd, log));  // NOLINT: private constructor
}

Exporter::Exporter(std::filesystem::path bus_socket, TcpListener listener, const Clock& clock, int stop_fd,
                   spdlog::logger& log)
    : endpoint_{listener.bound},
      target_{std::move(bus_socket)},
      server_{target_, clock, std::move(listener), stop_fd, log},
      thread_{[this] { server_.run(); }} {}

}  // namespace trustx::sim::usbip
