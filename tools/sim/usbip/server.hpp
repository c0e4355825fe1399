// SPDX-License-Identifier: Apache-2.0
// The USB/IP server: sockets and deadlines around the conversations. One thread; a peer that is slow, silent or hostile
// costs the others only the time of its transfers.
#pragma once

#include "model/base/clock.hpp"
#include "usbip/conversation.hpp"
#include "usbip/cp2112.hpp"
#include "usbip/i2c_tiny_usb.hpp"
#include "usbip/tcp.hpp"

#include <array>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include <poll.h>

namespace spdlog {
class logger;
}

namespace trustx::sim::usbip {

class Server {
 public:
    // All references and the file descriptor outlive the server. It ends when stop_fd becomes readable.
    Server(I2cTarget& target, const Clock& clock, TcpListener listener, int stop_fd, spdlog::logger& log);

    // run serves until it is told to stop.
    void run();

 private:
    // Peer is one connection. Its deadline is for the end of what has begun: the import, or a message in either
    // direction.
    struct Peer {
        Peer(UniqueFd connection, std::span<Export> devices, Time handshake_until)
            : fd{std::move(connection)}, conversation{devices}, deadline{handshake_until} {}

        UniqueFd fd;
        Conversation conversation;
        Bytes to_send;
        std::optional<Time> deadline;
        std::string close_because;
        bool gone = false;
    };

    [[nodiscard]] std::vector<pollfd> prepare() const;
    [[nodiscard]] std::optional<Time> earliest_deadline() const;
    void wait(std::vector<pollfd>& fds) const;
    void accept_peers();
    void handle(Peer& peer, short events);
    void receive(Peer& peer);
    void serve(Peer& peer);
    void send(Peer& peer);
    void end(Peer& peer, std::string reason);
    void enforce_deadlines();

    const Clock& clock_;
    TcpListener listener_;
    int stop_fd_;
    spdlog::logger& log_;
    I2cTinyUsb adapter_;
    Cp2112 lines_;
    std::array<Export, 2> exports_{Export{adapter_}, Export{lines_}};
    std::list<Peer> peers_;
    std::optional<Time> accept_after_;  // descriptors are used up
};

}  // namespace trustx::sim::usbip
