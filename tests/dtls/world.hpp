// SPDX-License-Identifier: Apache-2.0
// A simulated chip with a Device on it, prepared as a DTLS client: one virtual time for chip, host, network and server.
#pragma once

#include "chip_bus.hpp"
#include "model/simulated_chip.hpp"
#include "network.hpp"
#include "time_for_libssl.hpp"

#include <trustx/device.hpp>
#include <trustx/dtls.hpp>

#include <memory>
#include <string>

namespace trustx::test {

// Within the validity of all certificates here, unless they say otherwise.
inline constexpr dtls::UnixTime test_time{std::chrono::seconds{1'700'000'000}};

// Pki is an authority whose certificate is the chip's trust anchor, and a server.
struct Pki {
    Identity root = issue("Root", nullptr, {.authority = true});
    Identity server = issue("Server", &root);
};

class World {
 public:
    explicit World(sim::ChipOptions options = {}, const DeviceOptions& device_options = {});

    // trust writes the trust anchor.
    void trust(const Identity& authority);
    // authority is that of the certificate in E0E0, in DER.
    [[nodiscard]] Bytes authority() const { return chip_->ca_certificate(); }
    [[nodiscard]] std::uint64_t executed(const std::string& command) const;

    VirtualTime time;

 private:
    std::unique_ptr<sim::SimulatedChip> chip_;
    ChipBus* bus_ = nullptr;

 public:
    std::unique_ptr<Device> device;
    TimeForLibssl time_for_libssl{time};

    [[nodiscard]] sim::SimulatedChip& chip() { return *chip_; }
    [[nodiscard]] ChipBus& bus() { return *bus_; }
    [[nodiscard]] Deadline in(Duration duration) const { return {time.now() + duration}; }
};

// Client is a server that echoes, a network to it and a connection, which is not made yet.
struct Client {
    Client(World& world, const Identity& identity, const ServerOptions& server_options = {},
           const dtls::Options& options = {.dates_hold_at = test_time}, Weather weather = {}, std::uint64_t seed = 1)
        : server{identity, server_options},
          network{world.time, server, weather, seed},
          connection{*world.device, network, world.time, options} {
        server.echoes = true;
    }

    DtlsServer server;
    Network network;
    dtls::Connection connection;
};

Bytes bytes_of(std::string_view text);
std::string text_of(ByteView bytes);

}  // namespace trustx::test
