// SPDX-License-Identifier: Apache-2.0
#include "network.hpp"

#include <algorithm>

namespace trustx::test {
namespace {

using namespace std::chrono_literals;

constexpr Duration latency = 10ms;

Bytes take_first(std::multimap<TimePoint, Bytes>& queue) {
    Bytes first = std::move(queue.begin()->second);
    queue.erase(queue.begin());
    return first;
}

}  // namespace

bool Network::happens(unsigned percent) {
    return random_() % 100 < percent;
}

void Network::put(Way way, Bytes datagram) {
    if (happens(weather_.damaged)) {
        datagram.at(random_() % datagram.size()) ^= static_cast<std::uint8_t>(1U << random_() % 8);
    }
    const Duration delay = happens(weather_.late) ? std::chrono::milliseconds{random_() % 4000} : 0ms;
    auto& queue = way == Way::to_server ? for_server_ : for_client_;
    queue.emplace(time_.now() + latency + delay, std::move(datagram));
}

void Network::dispatch(Way way, Bytes datagram) {
    const auto& filter = way == Way::to_server ? to_server : to_client;
    if (!filter(datagram) || happens(weather_.lost)) {
        return;
    }
    if (happens(weather_.doubled)) {
        put(way, datagram);
    }
    put(way, std::move(datagram));
}

Result<void> Network::send(ByteView datagram, Deadline /*deadline*/) {
    sent.emplace_back(datagram.begin(), datagram.end());
    dispatch(Way::to_server, sent.back());
    return {};
}

void Network::inject(Bytes datagram) {
    for_client_.emplace(time_.now(), std::move(datagram));
}

void Network::serve() {
    for (auto& datagram : server_.output()) {
        sent_by_server.push_back(datagram);
        dispatch(Way::to_client, std::move(datagram));
    }
}

void Network::catch_up() {
    serve();
    while (!for_server_.empty() && for_server_.begin()->first <= time_.now()) {
        const auto datagram = take_first(for_server_);
        server_.deliver(datagram);
        serve();
    }
    if (server_.left() == Duration::zero()) {
        server_.expire();
        serve();
    }
}

Result<std::optional<std::size_t>> Network::receive(std::span<std::uint8_t> buffer) {
    catch_up();
    if (for_client_.empty() || for_client_.begin()->first > time_.now()) {
        return std::nullopt;
    }
    const auto datagram = take_first(for_client_);
    std::copy_n(datagram.begin(), std::min(datagram.size(), buffer.size()), buffer.begin());
    return datagram.size();
}

std::optional<TimePoint> Network::next_event() const {
    std::optional<TimePoint> next;
    const auto at = [&next](TimePoint event) { next = std::min(next.value_or(event), event); };
    if (!for_server_.empty()) {
        at(for_server_.begin()->first);
    }
    if (!for_client_.empty()) {
        at(for_client_.begin()->first);
    }
    if (const auto left = server_.left()) {
        at(time_.now() + *left);
    }
    return next;
}

Result<void> Network::wait(Deadline deadline) {
    for (;;) {
        catch_up();
        if (!for_client_.empty() && for_client_.begin()->first <= time_.now()) {
            return {};
        }
        const auto next = next_event();
        if (!next || *next > deadline.at) {
            time_.sleep_until(deadline.at);
            return {};
        }
        time_.sleep_until(*next);
    }
}

}  // namespace trustx::test
