// SPDX-License-Identifier: Apache-2.0
// The least cost of an exchange, counted by hand from chip-i2c.md sections 2, 5 and 6.
#include "bus_cost.hpp"

#include "support/catch.hpp"

using namespace trustx::test;
using namespace std::chrono_literals;

TEST_CASE("a transfer takes nine clocks a byte, and two for start and stop", "[bench]") {
    CHECK(transfer_time(1, 400) == 50us);
    CHECK(transfer_time(277, 1000) == 2504us);
}

TEST_CASE("an exchange costs its frames, a look before each answer and our acknowledgements", "[bench]") {
    // GetDataObject E0C6 (chip-i2c.md section 7.2, c4 to c6): a frame of 12 bytes, state, an answer of 12, ours of 5.
    const auto frame = transfer_time(1 + 12, 400);
    const auto look = transfer_time(1, 400) + transfer_time(4, 400);
    const auto fetch = transfer_time(1, 400) + transfer_time(12, 400);
    const auto acknowledge = transfer_time(1 + 5, 400);
    CHECK(least_bus_time(6, 6, 400) == frame + look + fetch + acknowledge);
}

TEST_CASE("packets that are not the last cost an acknowledgement each way", "[bench]") {
    const auto look = transfer_time(1, 400) + transfer_time(4, 400);
    const auto their_acknowledgement = look + transfer_time(1, 400) + transfer_time(5, 400);
    const auto one_more_sent = transfer_time(1 + 277, 400) + their_acknowledgement;
    CHECK(least_bus_time(271 + 6, 4, 400) == least_bus_time(6, 4, 400) + one_more_sent);
    const auto one_more_received = look + transfer_time(1, 400) + transfer_time(277, 400) + transfer_time(1 + 5, 400);
    CHECK(least_bus_time(6, 271 + 4, 400) == least_bus_time(6, 4, 400) + one_more_received);
    CHECK(least_bus_time(271, 4, 400) < least_bus_time(272, 4, 400) - their_acknowledgement);
}
