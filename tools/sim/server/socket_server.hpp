// SPDX-License-Identifier: Apache-2.0
// The bus behind a socket (bus-socket.md): many connections, one transfer at a time, and none waits for a connection
// that is slow.
#pragma once

#include "model/i2c/i2c_target.hpp"
#include "server/address.hpp"
#include "server/bus_protocol.hpp"
#include "server/control.hpp"
#include "server/paced_clock.hpp"

#include <deque>
#include <map>
#include <optional>
#include <string>

#include <poll.h>

namespace spdlog {
class logger;
}

namespace trustx::sim {

// SocketServer drives a target on behalf of its connections, in one thread.
class SocketServer {
 public:
    // All references and the file descriptor outlive the server. It ends when stop_fd becomes readable.
    SocketServer(I2cTarget& target, PacedClock& clock, Control& control, const ListeningSocket& bus_socket,
                 const ListeningSocket& control_socket, int stop_fd, spdlog::logger& log);

    // run serves until it is told to stop.
    void run();

 private:
    using ConnectionId = std::uint64_t;

    enum class Kind { bus, control };

    struct Connection {
        UniqueFd fd;
        Kind kind;
        Bytes arrived;
        Bytes to_send;
        bool request_queued = false;  // its answer comes before we read any further
        bool peer_finished = false;   // nothing more will arrive
        bool close_when_sent = false;
    };

    struct Queued {
        ConnectionId connection;
        BusRequest request;
    };

    struct InFlight {
        ConnectionId connection;
        Bytes response;
        Time done;
    };

    // What one call of poll is given: the three fixed descriptors, then one for each connection.
    struct Round {
        std::vector<pollfd> fds;
        std::vector<ConnectionId> ids;
    };
    [[nodiscard]] Round prepare() const;
    void wait(Round& round) const;
    bool handle(const Round& round);

    void accept_from(const ListeningSocket& socket, Kind kind);
    void handle_connection(ConnectionId id, short events);
    void receive(Connection& connection);
    void take_requests(ConnectionId id, Connection& connection);
    void take_bus_request(ConnectionId id, Connection& connection);
    void take_control_request(Connection& connection);
    void send(Connection& connection);
    [[nodiscard]] static bool finished(const Connection& connection);
    void drop(ConnectionId id);

    void serve();
    [[nodiscard]] InFlight perform(const Queued& queued);
    void deliver(InFlight done);

    I2cTarget& target_;
    PacedClock& clock_;
    Control& control_;
    const ListeningSocket& bus_socket_;
    const ListeningSocket& control_socket_;
    int stop_fd_;
    spdlog::logger& log_;

    ConnectionId next_id_ = 1;
    std::map<ConnectionId, Connection> connections_;
    bool accepting_ = true;  // false while descriptors are used up
    std::deque<Queued> queue_;
    std::optional<InFlight> in_flight_;
};

}  // namespace trustx::sim
