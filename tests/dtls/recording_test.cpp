// SPDX-License-Identifier: Apache-2.0
// The recorded run (tests/golden/dtls_handshake.json) on the host's side: a chip that answers the recorded commands,
// and no others, and a network that carries the recorded datagrams, and no others.
#include "support/catch.hpp"
#include "support/golden.hpp"
#include "support/scripted_chip.hpp"
#include "support/scripted_exchanges.hpp"

#include <trustx/dtls.hpp>

#include <deque>

using namespace trustx;
using namespace trustx::test;
using namespace std::chrono_literals;

namespace {

// RecordedNetwork gives out a datagram of the server's when all that the host sent before it were sent.
class RecordedNetwork final : public dtls::DatagramSocket {
 public:
    explicit RecordedNetwork(VirtualClock& clock) : clock_{clock} {
        const auto run = golden("dtls_handshake");
        for (const auto& entry : run.at("wire")) {
            wire_.push_back({entry.at("dir") == "host->server", from_hex(entry.at("datagram").get<std::string>())});
        }
    }

    Result<void> send(ByteView datagram, Deadline /*deadline*/) override {
        if (wire_.empty() || !wire_.front().from_host) {
            surprises.push_back(trustx::to_hex(datagram));
            return {};
        }
        if (trustx::to_hex(datagram) != trustx::to_hex(wire_.front().datagram)) {
            surprises.push_back(trustx::to_hex(datagram));
        }
        wire_.pop_front();
        return {};
    }
    Result<std::optional<std::size_t>> receive(std::span<std::uint8_t> buffer) override {
        if (wire_.empty() || wire_.front().from_host) {
            return std::nullopt;
        }
        const auto datagram = std::move(wire_.front().datagram);
        wire_.pop_front();
        std::copy(datagram.begin(), datagram.end(), buffer.begin());
        return datagram.size();
    }
    Result<void> wait(Deadline deadline) override {
        clock_.sleep_until(deadline.at);
        return {};
    }

    [[nodiscard]] bool finished() const { return wire_.empty(); }
    std::vector<std::string> surprises;

 private:
    struct Carried {
        bool from_host;
        Bytes datagram;
    };
    VirtualClock& clock_;
    std::deque<Carried> wire_;
};

struct Recorded {
    Recorded() {
        auto bus = std::make_unique<ScriptedChip>(clock);
        chip = bus.get();
        device = Device::with_bus(std::move(bus), clock, {});
    }

    // answer_until has the chip answer as recorded, up to and without a command; all without one.
    void answer_until(const std::string& end = {}) {
        const auto run = golden("dtls_handshake");
        for (const auto& entry : run.at("apdus")) {
            if (entry.at("name") == end) {
                refused = from_hex(entry.at("cmd").get<std::string>());
                return;
            }
            exchanges().add(from_hex(entry.at("cmd").get<std::string>()), from_hex(entry.at("rsp").get<std::string>()));
        }
    }
    ScriptedExchanges& exchanges() {
        if (!exchanges_) {
            exchanges_.emplace(*chip);
        }
        return *exchanges_;
    }

    VirtualClock clock;
    ScriptedChip* chip = nullptr;
    std::unique_ptr<Device> device;
    Bytes refused;

 private:
    std::optional<ScriptedExchanges> exchanges_;
};

const dtls::Options recorded_options{
    .key = object::device_key_1,
    .certificate = object::certificate_1,
    .dates_hold_at = dtls::UnixTime{std::chrono::seconds{0x6553F100}},
    .pmtu = 1500,
};

}  // namespace

TEST_CASE("the recorded run is repeated byte for byte, at the chip and on the network", "[dtls]") {
    Recorded recorded;
    recorded.answer_until();
    RecordedNetwork network{recorded.clock};
    dtls::Connection connection{*recorded.device, network, recorded.clock, recorded_options};
    const auto connected = connection.connect(recorded.clock.in(1s));
    CAPTURE(connected ? std::string{} : connected.error().message(), recorded.chip->surprises, network.surprises);
    REQUIRE(connected);
    const auto run = golden("dtls_handshake");
    const auto plain = from_hex(run.at("apdus").at(16).at("cmd").get<std::string>());
    REQUIRE(connection.send(ByteView{plain}.subspan(4 + 2 + 3 + 13), recorded.clock.in(1s)));
    const auto received = connection.receive(recorded.clock.in(1s));
    REQUIRE(received);
    REQUIRE(*received);
    const auto echoed = from_hex(run.at("apdus").at(17).at("rsp").get<std::string>());
    CHECK(trustx::to_hex(**received) == trustx::to_hex(ByteView{echoed}.subspan(4 + 3 + 13)));
    CHECK(connection.close(recorded.clock.in(1s)));
    CHECK(recorded.chip->surprises.empty());
    CHECK(network.surprises.empty());
    CHECK(recorded.chip->finished());
    CHECK(network.finished());
}

TEST_CASE("a Finished of the server's that the chip does not accept ends in an alert without protection", "[dtls]") {
    Recorded recorded;
    recorded.answer_until("ProcDownLinkMsg server Finished");
    const int reason = GENERATE(0x21, 0x06);
    const char* const alert = reason == 0x21 ? "022F" : "0250";
    recorded.exchanges().add(recorded.refused, from_hex("FF000000"));
    recorded.exchanges().add(from_hex("01000006F1C200000001"),
                             from_hex("00000001" + trustx::to_hex(Bytes{static_cast<std::uint8_t>(reason)})));
    // Whose keys the chip has forgotten: it refuses the protected alert, and why.
    recorded.exchanges().add(from_hex("1A610014E10061000F15FEFD00010000000000010002" + std::string{alert}),
                             from_hex("FF000000"));
    recorded.exchanges().add(from_hex("01000006F1C200000001"), from_hex("000000010B"));
    recorded.exchanges().add(from_hex("1A710002E100"), from_hex("00000000"));
    RecordedNetwork network{recorded.clock};
    dtls::Connection connection{*recorded.device, network, recorded.clock, recorded_options};
    const auto refused = connection.connect(recorded.clock.in(1s));
    REQUIRE_FALSE(refused);
    CAPTURE(refused.error().message(), recorded.chip->surprises);
    CHECK(refused.error() == static_cast<ChipError>(reason));
    CHECK_THAT(refused.error().message(), ContainsSubstring("nobody changed the handshake"));
    REQUIRE(network.surprises.size() == 1);
    CHECK(network.surprises.front() == "15FEFD00000000000000060002" + std::string{alert});
    CHECK(recorded.chip->finished());
    CHECK(recorded.chip->surprises.empty());
    CHECK(connection.report().alert_sent->fatal);
}
