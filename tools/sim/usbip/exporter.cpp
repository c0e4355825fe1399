// SPDX-License-Identifier: Apache-2.0
#include "usbip/exporter.hpp"

#include <utility>

#include <spdlog/spdlog.h>

namespace trustx::sim::usbip {

tl::expected<std::unique_ptr<Exporter>, std::string> Exporter::start(const Endpoint& endpoint,
                                                                     std::filesystem::path bus_socket,
                                                                     const Clock& clock, int stop_fd,
                                                                     spdlog::logger& log) {
    auto listener = listen_on(endpoint);
    if (!listener) {
        return tl::unexpected<std::string>(listener.error());
    }
    if (!listener->loopback) {
        log.warn("usbip: {} can be reached from the network, and the protocol asks nobody who he is",
                 listener->bound.text());
    }
    return std::unique_ptr<Exporter>(
        new Exporter(std::move(bus_socket), std::move(*listener), clock, stop_fd, log));  // NOLINT: private constructor
}

Exporter::Exporter(std::filesystem::path bus_socket, TcpListener listener, const Clock& clock, int stop_fd,
                   spdlog::logger& log)
    : endpoint_{listener.bound},
      target_{std::move(bus_socket)},
      server_{target_, clock, std::move(listener), stop_fd, log},
      thread_{[this] { server_.run(); }} {}

}  // namespace trustx::sim::usbip
