// SPDX-License-Identifier: Apache-2.0
// Bus sessions of real chips, played as the host against the simulator at the recorded moments: what a real chip sent,
// the simulator sends, byte for byte.
#include "host.hpp"
#include "support/catch.hpp"

using namespace trustx;
using namespace trustx::test;
using std::chrono::microseconds;

namespace {

// The recorded chips started in 7.8 ms where the simulator takes the 10 ms of the datasheet.
constexpr auto head_start = microseconds(2500);

void wait_until(Host& host, const nlohmann::json& transaction) {
    const auto moment = std::chrono::duration_cast<sim::Time>(
        head_start + std::chrono::duration<double, std::micro>(transaction.at("t_us").get<double>()));
    if (moment > host.clock.now()) {
        host.clock.advance(moment - host.clock.now());
    }
}

struct Replay {
    int transactions = 0;
    int naks_recorded = 0;
    int naks_in_common = 0;
};

Replay play(Host& host, const nlohmann::json& transactions) {
    Replay replay;
    for (const auto& transaction : transactions) {
        wait_until(host, transaction);
        CAPTURE(transaction.dump());
        const bool is_write = transaction.at("dir") == "W";
        if (!transaction.at("ack").get<bool>()) {
            const auto status = is_write ? host.try_write({}) : host.try_read(0);
            ++replay.naks_recorded;
            replay.naks_in_common += status == sim::TransferStatus::address_nak ? 1 : 0;
            continue;
        }
        const auto recorded = from_hex(transaction.at("data").get<std::string>());
        if (is_write) {
            CHECK(host.try_write(recorded) == sim::TransferStatus::done);
        } else {
            CHECK(to_hex(host.read(recorded.size())) == to_hex(recorded));
        }
        ++replay.transactions;
    }
    return replay;
}

Replay play_recording(const char* profile, std::uint8_t address) {
    Host host({.profile = profile, .timing = sim::Timing::typical(100), .open = false});
    CHECK(host.chip->address() == address);
    const auto recording = golden(std::string("bus_trace_uid_chip") + profile);
    return play(host, recording.at("transactions"));
}

}  // namespace

TEST_CASE("sim: the recorded session of chip A plays back byte for byte, at its persistent address 58", "[recording]") {
    const Replay replay = play_recording("A", 0x58);
    CHECK(replay.transactions > 90);
    // The windows in which the chip does not acknowledge are those of the recording, except for single polls.
    CHECK(replay.naks_recorded == 36);
    CHECK(replay.naks_recorded - replay.naks_in_common <= 3);
}

TEST_CASE("sim: the recorded session of chip B plays back byte for byte", "[recording]") {
    const Replay replay = play_recording("B", 0x30);
    CHECK(replay.transactions > 90);
    CHECK(replay.naks_recorded == 36);
    CHECK(replay.naks_recorded - replay.naks_in_common <= 3);
}
