// SPDX-License-Identifier: Apache-2.0
// A network in memory and in virtual time between a connection and a server: datagrams are lost, doubled, late, in
// another order, or damaged, as a seed has it.
#pragma once

#include "dtls_peer.hpp"  // of the simulator's tests
#include "virtual_time.hpp"

#include <trustx/dtls.hpp>

#include <functional>
#include <map>
#include <optional>
#include <random>
#include <vector>

namespace trustx::test {

// Weather says how likely each is, in percent of the datagrams.
struct Weather {
    unsigned lost = 0;
    unsigned doubled = 0;
    unsigned late = 0;     // by up to four seconds, so that others overtake them
    unsigned damaged = 0;  // in one bit
};

class Network final : public dtls::DatagramSocket {
 public:
    Network(VirtualTime& time, DtlsServer& server, Weather weather = {}, std::uint64_t seed = 1)
        : time_{time}, server_{server}, weather_{weather}, random_{seed} {}

    Result<void> send(ByteView datagram, Deadline deadline) override;
    Result<std::optional<std::size_t>> receive(std::span<std::uint8_t> buffer) override;
    Result<void> wait(Deadline deadline) override;

    // inject has a datagram arrive at the client now, from whomever.
    void inject(Bytes datagram);
    // serve takes what the server has to send by itself, after the test made it do something.
    void serve();

    // Filters of the test's: false loses the datagram.
    std::function<bool(Bytes&)> to_server = [](Bytes&) { return true; };
    std::function<bool(Bytes&)> to_client = [](Bytes&) { return true; };

    std::vector<Bytes> sent;  // by the client, in order, before anything happened to them
    std::vector<Bytes> sent_by_server;

 private:
    enum class Way { to_server, to_client };
    void dispatch(Way way, Bytes datagram);
    void put(Way way, Bytes datagram);
    bool happens(unsigned percent);
    [[nodiscard]] std::optional<TimePoint> next_event() const;
    void catch_up();

    VirtualTime& time_;
    DtlsServer& server_;
    Weather weather_;
    std::mt19937_64 random_;
    std::multimap<TimePoint, Bytes> for_server_;
    std::multimap<TimePoint, Bytes> for_client_;
};

}  // namespace trustx::test
