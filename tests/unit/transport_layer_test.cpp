// SPDX-License-Identifier: Apache-2.0
// Packets: chains of them, their order and their size.
#include "link_fixture.hpp"
#include "support/golden.hpp"

using namespace trustx;
using namespace trustx::ifx_i2c;
using namespace trustx::test::link;
using namespace std::chrono_literals;
using test::data_frame;
using test::from_hex;

TEST_CASE("an APDU that exceeds a packet is chained in both directions", "[link]") {
    // DATA_REG_LEN 0019 leaves 19 bytes of APDU in a packet.
    Fixture f{0x0019};
    const auto uid = test::golden_apdu("uid-a");
    const auto apdu = from_hex("F0 00 00 10 D2 76 00 00 04 47 65 6E 41 75 74 68 41 70 70 6C");
    const auto response = from_hex(uid.at("rsp").get<std::string>());
    f.chip.expect(from_hex("03 00 14 01 F0 00 00 10 D2 76 00 00 04 47 65 6E 41 75 74 68 41 70 70 2A 69"), {ack(0)});
    f.chip.expect(from_hex("07 00 02 04 6C 4B 6E"),
                  {ack(1), data_frame(0, 1, from_hex("01 00 00 00 1B CD 16 33 56 01 00 1C 00 05 00 00 0A 07 84 D7"))});
    f.chip.expect(ack(0), {data_frame(1, 1, from_hex("04 00 05 00 80 00 8E 80 10 10 70 10 48"))});
    f.chip.expect(ack(1));
    REQUIRE(f.exchange(Repeat::never, apdu));
    CHECK(to_hex(f.received) == to_hex(response));
    CHECK(f.chip.surprises.empty());
    CHECK(f.chip.finished());
}

TEST_CASE("an APDU that just fills a packet is not chained", "[link]") {
    Fixture f{0x0019};
    const Bytes apdu(19, 0xAA);
    Bytes packet(1 + apdu.size(), 0xAA);
    packet[0] = 0x00;
    f.chip.expect(data_frame(0, 3, packet), {first_answer});
    f.chip.expect(ack(0));
    REQUIRE(f.exchange(Repeat::never, apdu));
    CHECK(f.chip.finished());
}

TEST_CASE("after a chaining error of the chip the command is sent once more", "[link]") {
    Fixture f;
    f.chip.resyncs = 0;
    f.chip.expect(first_frame, {data_frame(0, 0, {0x07})});
    f.chip.expect(ack(0));
    f.chip.expect(first_frame, {first_answer});
    f.chip.expect(ack(0));
    f.check_answered();
    CHECK(f.chip.resyncs == 1);
}

TEST_CASE("a chain in the wrong order, or longer than any answer, is refused", "[link]") {
    const std::vector<std::vector<Bytes>> chains{
        {{0x04, 0x01}},  // last without first
        {{0x02, 0x01}},  // intermediate without first
        {{0x01, 0x01}},  // a first packet smaller than any frame size allows
        {{0x00}},        // nothing in it
        {{0x09, 0x01}},  // a channel or presence bit
    };
    for (const auto& chain : chains) {
        Fixture f;
        f.chip.expect(first_frame, {data_frame(0, 0, chain.front())});
        f.chip.expect(ack(0));
        const auto done = f.exchange();
        REQUIRE_FALSE(done);
        CHECK(done.error().code() == Errc::outcome_unknown);
    }
    Fixture f;
    f.chip.expect(first_frame, {data_frame(0, 0, answer_packet)});
    f.chip.expect(ack(0));
    CHECK_FALSE(f.link.exchange(command, f.received, 5, Repeat::never, f.expectation, f.clock.in(1s)));
}

TEST_CASE("an answer in packets smaller than negotiated is taken, and the size negotiated again", "[link]") {
    // Another host has set DATA_REG_LEN to 0019 meanwhile.
    Fixture f;
    const auto uid = test::golden_apdu("uid-a");
    const auto response = from_hex(uid.at("rsp").get<std::string>());
    f.chip.expect(first_frame,
                  {data_frame(0, 0, from_hex("01 00 00 00 1B CD 16 33 56 01 00 1C 00 05 00 00 0A 07 84 D7"))});
    f.chip.expect(ack(0), {data_frame(1, 0, from_hex("04 00 05 00 80 00 8E 80 10 10 70 10 48"))});
    f.chip.expect(ack(1));
    REQUIRE(f.exchange());
    CHECK(to_hex(f.received) == to_hex(response));
    CHECK_FALSE(f.link.in_sync());
}
