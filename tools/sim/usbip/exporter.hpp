// SPDX-License-Identifier: Apache-2.0
// A running USB/IP export of the chip behind a bus socket: the server in a separate thread.
#pragma once

#include "usbip/server.hpp"
#include "usbip/socket_target.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <thread>

namespace trustx::sim::usbip {

class Exporter {
 public:
    // start listens and begins to serve. The bus socket must listen already. The thread ends when stop_fd becomes
    // readable, for which the destructor waits. References outlive the exporter. An error is a sentence.
    static Result<std::unique_ptr<Exporter>> start(const Endpoint& endpoint, std::filesystem::path bus_socket,
                                                   const Clock& clock, int stop_fd, spdlog::logger& log);

    // endpoint has the port that the kernel chose where 0 was asked for.
    [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }

 private:
    Exporter(std::filesystem::path bus_socket, TcpListener listener, const Clock& clock, int stop_fd,
             spdlog::logger& log);

    Endpoint endpoint_;
    SocketTarget target_;
    Server server_;
    std::jthread thread_;
};

}  // namespace trustx::sim::usbip
