// SPDX-License-Identifier: Apache-2.0
// TCP addresses as text, and the sockets behind them.
#pragma once

#include "common/io/unique_fd.hpp"
#include "model/base/result.hpp"

#include <string>
#include <string_view>

namespace trustx::sim::usbip {

// Endpoint is where to listen: "127.0.0.1:3240", "[::1]:3240", "localhost:0".
struct Endpoint {
    std::string host;
    std::string port;

    [[nodiscard]] std::string text() const;
};

// parse_endpoint splits ADDR:PORT. The error is a sentence.
Result<Endpoint> parse_endpoint(std::string_view text);

// TcpListener accepts connections; it does not block.
struct TcpListener {
    UniqueFd fd;
    Endpoint bound;  // with the port that the kernel chose where 0 was asked for
    bool loopback = false;
};

// listen_on names the endpoint and the reason in its error.
Result<TcpListener> listen_on(const Endpoint& endpoint);

// configure sets the options of an accepted connection; false when it is gone already. Small messages leave at once,
// and a peer whose machine is gone is noticed within half a minute.
bool configure(const UniqueFd& connection);

}  // namespace trustx::sim::usbip
