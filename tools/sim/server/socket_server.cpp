// SPDX-License-Identifier: Apache-2.0
#include "server/socket_server.hpp"

#include "common/io/time_structs.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <spdlog/spdlog.h>
#include <sys/socket.h>

namespace trustx::sim {

namespace {

constexpr std::size_t fixed_fds = 3;  // stop, bus socket, control socket
constexpr std::size_t max_control_request = 65536;

}  // namespace

SocketServer::SocketServer(I2cTarget& target, PacedClock& clock, Control& control, const ListeningSocket& bus_socket,
                           const ListeningSocket& control_socket, int stop_fd, spdlog::logger& log)
    : target_{target},
      clock_{clock},
      control_{control},
      bus_socket_{bus_socket},
      control_socket_{control_socket},
      stop_fd_{stop_fd},
      log_{log} {}

void SocketServer::run() {
    for (bool go_on = true; go_on;) {
        Round round = prepare();
        wait(round);
        go_on = handle(round);
        serve();
    }
}

SocketServer::Round SocketServer::prepare() const {
    Round round;
    round.fds = {{stop_fd_, POLLIN, 0},
                 {accepting_ ? bus_socket_.fd() : -1, POLLIN, 0},
                 {accepting_ ? control_socket_.fd() : -1, POLLIN, 0}};
    for (const auto& [id, connection] : connections_) {
        // A connection with a request under way is not read, and one whose peer is gone is not even watched.
        const bool readable = !connection.request_queued && connection.to_send.empty() && !connection.peer_finished;
        const auto events = static_cast<short>((readable ? POLLIN : 0) | (connection.to_send.empty() ? 0 : POLLOUT));
        const bool watched = events != 0 || !connection.peer_finished;
        round.fds.push_back({watched ? connection.fd.get() : -1, events, 0});
        round.ids.push_back(id);
    }
    return round;
}

void SocketServer::wait(Round& round) const {
    timespec left{};
    if (in_flight_) {
        left = io::to_timespec(clock_.real_time(std::max(in_flight_->done - clock_.now(), Duration::zero())));
    }
    const int ready = ::ppoll(round.fds.data(), round.fds.size(), in_flight_ ? &left : nullptr, nullptr);
    if (ready <= 0) {  // time is up, or a signal: nothing to handle
        for (auto& fd : round.fds) {
            fd.revents = 0;
        }
    }
}

bool SocketServer::handle(const Round& round) {
    if (round.fds[0].revents != 0) {
        return false;
    }
    if (round.fds[1].revents != 0) {
        accept_from(bus_socket_, Kind::bus);
    }
    if (round.fds[2].revents != 0) {
        accept_from(control_socket_, Kind::control);
    }
    for (std::size_t i = 0; i < round.ids.size(); ++i) {
        if (round.fds[fixed_fds + i].revents != 0) {
            handle_connection(round.ids[i], round.fds[fixed_fds + i].revents);
        }
    }
    return true;
}

void SocketServer::accept_from(const ListeningSocket& socket, Kind kind) {
    for (;;) {
        UniqueFd fd{::accept4(socket.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
        if (!fd) {
            const bool used_up = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
            if (used_up) {
                log_.warn("cannot accept another connection: {}; waiting until one closes", std::strerror(errno));
                accepting_ = connections_.empty();
            }
            return;
        }
        connections_[next_id_++] = Connection{.fd = std::move(fd), .kind = kind, .arrived = {}, .to_send = {}};
    }
}

void SocketServer::handle_connection(ConnectionId id, short events) {
    Connection& connection = connections_.at(id);
    const bool may_read = !connection.request_queued && connection.to_send.empty();
    const bool hung_up = (events & (POLLHUP | POLLERR)) != 0;
    if (may_read) {
        receive(connection);
    } else if (hung_up) {
        // Nobody will read the answer; the transfer itself still takes place, as it has already been asked for.
        connection.peer_finished = true;
        connection.to_send.clear();
    }
    if ((events & POLLOUT) != 0) {
        send(connection);
    }
    take_requests(id, connection);
    if (finished(connection)) {
        drop(id);
    }
}

void SocketServer::receive(Connection& connection) {
    std::array<std::uint8_t, 8192> chunk{};
    const auto count = ::recv(connection.fd.get(), chunk.data(), chunk.size(), 0);
    if (count > 0) {
        append(connection.arrived, ByteView{chunk}.first(static_cast<std::size_t>(count)));
    } else if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
        connection.peer_finished = true;
    }
}

void SocketServer::take_requests(ConnectionId id, Connection& connection) {
    if (connection.kind == Kind::control) {
        take_control_request(connection);
    } else {
        take_bus_request(id, connection);
    }
}

void SocketServer::take_bus_request(ConnectionId id, Connection& connection) {
    if (connection.request_queued || !connection.to_send.empty() || connection.close_when_sent) {
        return;
    }
    auto parsed = take_request(connection.arrived);
    if (auto* request = std::get_if<BusRequest>(&parsed)) {
        connection.request_queued = true;
        queue_.push_back({id, std::move(*request)});
    } else if (std::holds_alternative<UnknownRequest>(parsed)) {
        log_.info("an unknown request: {}",
                  to_hex(ByteView{connection.arrived}.first(std::min<std::size_t>(connection.arrived.size(), 4))));
        connection.close_when_sent = true;
        connection.to_send = encode_unknown_request();
        send(connection);
    }
}

void SocketServer::take_control_request(Connection& connection) {
    const auto end = std::find(connection.arrived.begin(), connection.arrived.end(), '\n');
    if (connection.close_when_sent) {
        return;
    }
    if (end == connection.arrived.end()) {
        if (connection.arrived.size() > max_control_request) {
            connection.peer_finished = true;
        }
        return;
    }
    connection.close_when_sent = true;
    connection.to_send = to_bytes(control_.answer(std::string(connection.arrived.begin(), end)));
    send(connection);
}

void SocketServer::send(Connection& connection) {
    while (!connection.to_send.empty()) {
        const auto count =
            ::send(connection.fd.get(), connection.to_send.data(), connection.to_send.size(), MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0 && errno == EAGAIN) {
            return;
        }
        if (count < 0) {
            connection.peer_finished = true;
            connection.to_send.clear();
            return;
        }
        connection.to_send.erase(connection.to_send.begin(), connection.to_send.begin() + count);
    }
}

bool SocketServer::finished(const Connection& connection) {
    return connection.to_send.empty() && !connection.request_queued &&
           (connection.close_when_sent || connection.peer_finished);
}

void SocketServer::drop(ConnectionId id) {
    connections_.erase(id);
    accepting_ = true;
}

void SocketServer::serve() {
    while (true) {
        if (in_flight_ && clock_.now() < in_flight_->done) {
            return;
        }
        if (in_flight_) {
            deliver(*std::exchange(in_flight_, std::nullopt));
        }
        if (queue_.empty()) {
            return;
        }
        const Queued next = std::move(queue_.front());
        queue_.pop_front();
        in_flight_ = perform(next);
    }
}

SocketServer::InFlight SocketServer::perform(const Queued& queued) {
    const BusRequest& request = queued.request;
    const Time start = clock_.now();
    Transfer transfer{TransferStatus::done, Duration::zero()};
    Bytes data;
    switch (request.operation) {
        case BusOperation::write:
            transfer = target_.write(request.address, request.data);
            break;
        case BusOperation::read:
            data.resize(request.length);
            transfer = target_.read(request.address, data);
            break;
        case BusOperation::reset:
            transfer.bus_time = target_.pulse_reset();
            break;
        case BusOperation::power_cycle:
            transfer.bus_time = target_.power_cycle();
            break;
    }
    clock_.spend(transfer.bus_time);
    return {queued.connection, encode_response(transfer.status, data), start + transfer.bus_time};
}

void SocketServer::deliver(InFlight done) {
    const auto found = connections_.find(done.connection);
    if (found == connections_.end()) {
        return;
    }
    Connection& connection = found->second;
    connection.request_queued = false;
    connection.to_send = std::move(done.response);
    send(connection);
    take_requests(found->first, connection);  // what a client sent in advance
    if (finished(connection)) {
        drop(found->first);
    }
}

}  // namespace trustx::sim
