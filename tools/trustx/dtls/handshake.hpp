// SPDX-License-Identifier: Apache-2.0
// From a server's name to a connection with it, and what a failure on the way means for the user.
#pragma once

#include "dtls/server_name.hpp"
#include "dtls/server_socket.hpp"

#include <trustx/dtls.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace trustx::cli {

struct HandshakeOptions {
    dtls::Options dtls;
    Families families = Families::any;
    std::chrono::milliseconds timeout{30'000};  // for all of it, the look-up of the name too
    int signals = -1;                           // readable when the user wants to end it
    std::string expected_name;                  // a host or an address; empty: any that the chip accepts
};

// ServerConnection is a connection after its handshake.
struct ServerConnection {
    SocketAddress address;
    std::unique_ptr<ServerSocket> socket;
    dtls::Connection connection;
};

// connect_server tries the addresses of the name in turn while nobody listens there. Errors: PeerErrc; DtlsAlert,
// DtlsError and those of the device as Connection::connect has them.
Result<ServerConnection> connect_server(Device& device, Clock& clock, const ServerName& server,
                                        const HandshakeOptions& options);

}  // namespace trustx::cli
