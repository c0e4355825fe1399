// SPDX-License-Identifier: Apache-2.0
// nginx as a test runs it: in the foreground, with a configuration of its own, on UNIX sockets.
#pragma once

#include "host.hpp"
#include "support/process.hpp"

#include <filesystem>
#include <string>

namespace trustx::test {

// Nginx is running when constructed; the constructor throws std::runtime_error with its log otherwise. It listens on
// UNIX sockets in the host's directory: no port to choose.
class Nginx {
 public:
    // servers is what stands in the section `http`; one of the servers must listen on the socket "front".
    Nginx(const Host& host, const Environment& environment, int workers, const std::string& servers);

    [[nodiscard]] std::filesystem::path socket() const { return directory_ / "front"; }
    [[nodiscard]] std::string log() const { return process_.err(); }
    // stop ends master and workers as an operator would, and gives the exit status.
    int stop() { return process_.terminate().status; }

 private:
    static Process start(const Host& host, const Environment& environment, int workers, const std::string& servers);

    std::filesystem::path directory_;
    Process process_;
};

// server_section is a server on a socket of the host's directory, with rest as its further lines; protocols are those
// of TLS, as nginx names them.
std::string server_section(const Host& host, const std::string& socket, const Identity& identity,
                           const std::string& rest, const std::string& protocols = "TLSv1.2 TLSv1.3");

}  // namespace trustx::test
