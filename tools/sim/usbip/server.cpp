// SPDX-License-Identifier: Apache-2.0
#include "usbip/server.hpp"

#include "common/io/time_structs.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <spdlog/spdlog.h>
#include <sys/socket.h>

namespace trustx::sim::usbip {

namespace {

using namespace std::chrono_literals;

// One host imports the device; others only ask what there is.
constexpr std::size_t max_peers = 16;
constexpr Duration time_for_a_message = 10s;
constexpr std::size_t fixed_fds = 2;

}  // namespace

Server::Server(I2cTarget& target, const Clock& clock, TcpListener listener, int stop_fd, spdlog::logger& log)
    : clock_{clock}, listener_{std::move(listener)}, stop_fd_{stop_fd}, log_{log}, adapter_{target}, lines_{target} {}

void Server::run() {
    for (;;) {
        auto fds = prepare();
        wait(fds);
        if (fds[0].revents != 0) {
            return;
        }
        std::size_t next = fixed_fds;
        for (Peer& peer : peers_) {
            if (const short events = fds[next++].revents; events != 0) {
                handle(peer, events);
            }
        }
        enforce_deadlines();
        peers_.remove_if([](const Peer& peer) { return peer.gone; });
        if (fds[1].revents != 0) {
            accept_peers();
        }
    }
}

std::vector<pollfd> Server::prepare() const {
    const bool accepting = peers_.size() < max_peers && !accept_after_;
    std::vector<pollfd> fds{{stop_fd_, POLLIN, 0}, {accepting ? listener_.fd.get() : -1, POLLIN, 0}};
    for (const Peer& peer : peers_) {
        // A peer that does not take its replies is not read.
        fds.push_back({peer.fd.get(), static_cast<short>(peer.to_send.empty() ? POLLIN : POLLOUT), 0});
    }
    return fds;
}

std::optional<Time> Server::earliest_deadline() const {
    std::optional<Time> earliest = accept_after_;
    for (const Peer& peer : peers_) {
        if (peer.deadline && (!earliest || *peer.deadline < *earliest)) {
            earliest = peer.deadline;
        }
    }
    return earliest;
}

void Server::wait(std::vector<pollfd>& fds) const {
    const auto earliest = earliest_deadline();
    timespec left{};
    if (earliest) {
        left = io::to_timespec(std::max(*earliest - clock_.now(), Duration::zero()));
    }
    if (::ppoll(fds.data(), fds.size(), earliest ? &left : nullptr, nullptr) <= 0) {
        for (auto& fd : fds) {
            fd.revents = 0;
        }
    }
}

void Server::accept_peers() {
    while (peers_.size() < max_peers) {
        UniqueFd fd{::accept4(listener_.fd.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
        if (!fd) {
            if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
                log_.warn("usbip: cannot accept a connection: {}; trying again in a second", std::strerror(errno));
                accept_after_ = clock_.now() + 1s;
            }
            return;
        }
        if (configure(fd)) {
            peers_.emplace_back(std::move(fd), exports_, clock_.now() + time_for_a_message);
        }
    }
}

void Server::handle(Peer& peer, short events) {
    if (!peer.to_send.empty()) {
        send(peer);
    } else if ((events & (POLLIN | POLLHUP | POLLERR)) != 0) {
        receive(peer);
    }
    if (!peer.gone && peer.to_send.empty()) {
        serve(peer);
    }
}

void Server::receive(Peer& peer) {
    std::array<std::uint8_t, 8192> chunk{};
    const auto count = ::recv(peer.fd.get(), chunk.data(), chunk.size(), 0);
    if (count > 0) {
        peer.conversation.feed(ByteView{chunk}.first(static_cast<std::size_t>(count)));
    } else if (count == 0) {
        end(peer, "the host closed the connection");
    } else if (errno != EAGAIN && errno != EINTR) {
        end(peer, std::strerror(errno));
    }
}

// serve handles what has arrived, until a reply does not leave at once.
void Server::serve(Peer& peer) {
    bool progress = false;
    while (!peer.gone && peer.to_send.empty()) {
        const bool had_imported = peer.conversation.imported();
        auto step = peer.conversation.step();
        if (!step) {
            break;
        }
        progress = true;
        if (!had_imported && peer.conversation.imported()) {
            log_.info("usbip: attached");
        }
        peer.close_because = step->close;
        peer.to_send = std::move(step->reply);
        send(peer);
    }
    if (peer.gone) {
        return;
    }
    const bool at_rest = peer.conversation.imported() && peer.conversation.between_messages() && peer.to_send.empty();
    if (at_rest) {
        peer.deadline.reset();
    } else if (progress || !peer.deadline) {
        peer.deadline = clock_.now() + time_for_a_message;
    }
}

void Server::send(Peer& peer) {
    while (!peer.to_send.empty()) {
        const auto count = ::send(peer.fd.get(), peer.to_send.data(), peer.to_send.size(), MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count < 0 && errno == EAGAIN) {
            return;
        }
        if (count < 0) {
            end(peer, std::strerror(errno));
            return;
        }
        peer.to_send.erase(peer.to_send.begin(), peer.to_send.begin() + count);
    }
    if (!peer.close_because.empty()) {
        end(peer, std::exchange(peer.close_because, {}));
    }
}

void Server::end(Peer& peer, std::string reason) {
    if (peer.conversation.imported()) {
        log_.info("usbip: detached: {}", reason);
    } else {
        log_.debug("usbip: connection closed: {}", reason);
    }
    peer.gone = true;
}

void Server::enforce_deadlines() {
    const Time now = clock_.now();
    if (accept_after_ && *accept_after_ <= now) {
        accept_after_.reset();
    }
    for (Peer& peer : peers_) {
        if (!peer.gone && peer.deadline && *peer.deadline <= now) {
            end(peer, "a message was begun and not finished in time");
        }
    }
}

}  // namespace trustx::sim::usbip
