// SPDX-License-Identifier: Apache-2.0
// The host's parts for themselves: records, numbers, fragments, flights, alerts.
#include "dtls/record.hpp"

#include "dtls/alert_for.hpp"
#include "dtls/flight_timer.hpp"
#include "dtls/message.hpp"
#include "dtls/reassembly.hpp"
#include "dtls/replay_window.hpp"
#include "dtls/sender.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"

#include <algorithm>
#include <random>
#include <set>

using namespace trustx;
using namespace trustx::dtls;
using namespace std::chrono_literals;
using test::from_hex;
using Outcome = Reassembly::Outcome;

namespace {

Bytes counting(std::size_t size) {
    Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i) {
        bytes[i] = static_cast<std::uint8_t>(i * 7 + i / 256);
    }
    return bytes;
}

// message is a whole one: header and body.
Bytes message(MessageType type, std::uint16_t sequence, const Bytes& body) {
    Bytes bytes;
    write_message_header(bytes, {type, static_cast<std::uint32_t>(body.size()), sequence, 0, body});
    bytes.insert(bytes.end(), body.begin(), body.end());
    return bytes;
}

Fragment fragment_of(const Bytes& whole, std::size_t offset, std::size_t size) {
    ByteView rest{whole};
    auto fragment = take_fragment(rest).value();
    fragment.offset = static_cast<std::uint32_t>(offset);
    fragment.bytes = fragment.bytes.subspan(offset, size);
    return fragment;
}

}  // namespace

TEST_CASE("records are taken off a datagram one by one", "[dtls]") {
    const Bytes datagram = from_hex("14FEFD000000000000000B0001011EFEFF00010000FFFFFFFF00020A0B");
    ByteView rest{datagram};
    const auto first = take_record(rest).value();
    CHECK(first.type == ContentType::change_cipher_spec);
    CHECK(first.version == 0xFEFD);
    CHECK(first.epoch == 0);
    CHECK(first.number == 11);
    CHECK(to_hex(first.body) == "01");
    CHECK(first.whole.size() == 14);
    const auto second = take_record(rest).value();
    CHECK(second.version == 0xFEFF);
    CHECK(second.epoch == 1);
    CHECK(second.number == 0xFFFF'FFFF);
    CHECK(to_hex(second.whole) == "1EFEFF00010000FFFFFFFF00020A0B");
    CHECK(rest.empty());
    CHECK_FALSE(take_record(rest));
}

TEST_CASE("what is cut off is no record, and nothing behind it is one", "[dtls]") {
    const Bytes record = from_hex("17FEFD000100000000000100030A0B0C");
    for (std::size_t size = 0; size < record.size(); ++size) {
        CAPTURE(size);
        ByteView rest = ByteView{record}.first(size);
        CHECK_FALSE(take_record(rest));
        CHECK(rest.empty());
    }
}

TEST_CASE("a record that is not protected is written as recorded", "[dtls]") {
    const auto run = test::golden("dtls_handshake");
    const Bytes datagram = from_hex(run.at("wire").at(0).at("datagram").get<std::string>());
    ByteView rest{datagram};
    const auto record = take_record(rest).value();
    CHECK(plain_record(record.type, record.number, record.body) == datagram);
    CHECK(to_hex(plain_record(ContentType::alert, 0x0102'0304'0506, Bytes{2, 40})) == "15FEFD000001020304050600020228");
}

TEST_CASE("a replay window accepts each number once, and none that is too old", "[dtls]") {
    ReplayWindow window;
    CHECK(window.is_fresh(0));
    window.note(0);
    CHECK_FALSE(window.is_fresh(0));
    window.note(70);
    CHECK(window.is_fresh(71));
    CHECK_FALSE(window.is_fresh(70));
    CHECK(window.is_fresh(7));        // 64 numbers, 7 to 70
    CHECK_FALSE(window.is_fresh(6));  // older
    CHECK_FALSE(window.is_fresh(0));
    window.note(7);
    CHECK_FALSE(window.is_fresh(7));
    CHECK(window.is_fresh(8));
    window.note(69);
    CHECK_FALSE(window.is_fresh(69));
    CHECK(window.is_fresh(68));
    // To ask changes nothing: who can send any number moves the window nowhere.
    CHECK(window.is_fresh(0xFFFF'FFFF'FFFF));
    CHECK(window.is_fresh(8));
    window.note(0xFFFF'FFFF'FFFF);
    CHECK_FALSE(window.is_fresh(8));
    CHECK(window.is_fresh(0xFFFF'FFFF'FFFF - 63));
}

TEST_CASE("a replay window is right for numbers in any order", "[dtls]") {
    std::mt19937_64 random{7};
    ReplayWindow window;
    std::set<std::uint64_t> seen;
    std::uint64_t highest = 0;
    for (int i = 0; i < 20000; ++i) {
        const std::uint64_t ahead = random() % 80;
        const std::uint64_t number = highest + ahead < 70 ? 0 : highest + ahead - 70;
        const bool known = seen.contains(number);
        const bool old = number + ReplayWindow::width <= highest;
        REQUIRE(window.is_fresh(number) == (!known && !old));
        if (!known && !old) {
            window.note(number);
            seen.insert(number);
            highest = std::max(highest, number);
        }
    }
    CHECK(highest > 1000);
}

TEST_CASE("a message is cut into fragments that make it up", "[dtls]") {
    const std::size_t size = GENERATE(as<std::size_t>{}, 0, 1, 99, 100, 101, 200, 250);
    const Bytes body = counting(size);
    const Bytes whole = message(MessageType::certificate, 2, body);
    const auto fragments = fragments_of(whole, 100);
    CHECK(fragments.size() == std::max<std::size_t>(1, (size + 99) / 100));
    Reassembly reassembly;
    reassembly.start_at(2);
    for (const auto& bytes : fragments) {
        CHECK(bytes.size() <= 112);
        CHECK_FALSE(reassembly.complete(2));
        ByteView rest{bytes};
        CHECK(reassembly.add(take_fragment(rest).value()) == Outcome::taken);
        CHECK(rest.empty());
    }
    REQUIRE(reassembly.complete(2));
    CHECK(to_hex(*reassembly.complete(2)) == to_hex(whole));
}

TEST_CASE("a fragment that reaches beyond its message is none", "[dtls]") {
    // type, length 4, sequence 1, offset, fragment length
    for (const char* bad : {"0B000004000100000200000301020304", "0B00000400010000050000000102", "0B0000040001000000",
                            "0B000004000100000000000401020"
                            "3",
                            "0B0000040001FFFFFFFFFFFF01"}) {
        CAPTURE(bad);
        const Bytes bytes = from_hex(bad);
        ByteView rest{bytes};
        CHECK_FALSE(take_fragment(rest));
        CHECK(rest.empty());
    }
    const Bytes good = from_hex("0B000004000100000200000201020E0000000002000000000000");
    ByteView rest{good};
    const auto fragment = take_fragment(rest).value();
    CHECK(fragment.offset == 2);
    CHECK_FALSE(fragment.is_whole());
    CHECK(take_fragment(rest).value().is_whole());
    CHECK(rest.empty());
}

TEST_CASE("a message comes together from fragments in any order, twice and overlapping", "[dtls]") {
    const Bytes body = counting(1000);
    const Bytes whole = message(MessageType::certificate, 1, body);
    std::mt19937_64 random{GENERATE(1U, 2U, 3U, 4U, 5U)};
    Reassembly reassembly;
    int added = 0;
    while (!reassembly.complete(1)) {
        const std::size_t offset = random() % body.size();
        const std::size_t size = 1 + random() % std::min<std::size_t>(100, body.size() - offset);
        const auto outcome = reassembly.add(fragment_of(whole, offset, size));
        CHECK((outcome == Outcome::taken || outcome == Outcome::repeated));
        REQUIRE(++added < 2000);
    }
    CHECK(to_hex(*reassembly.complete(1)) == to_hex(whole));
    CHECK(reassembly.add(fragment_of(whole, 0, 1000)) == Outcome::repeated);
}

TEST_CASE("where fragments contradict each other the earlier ones are forgotten", "[dtls]") {
    const Bytes genuine = message(MessageType::certificate, 0, Bytes(10, 0x22));
    const Bytes other_bytes = message(MessageType::certificate, 0, Bytes(10, 0x11));
    const Bytes shorter = message(MessageType::certificate, 0, Bytes(9, 0x22));
    const Bytes longer = message(MessageType::certificate, 0, Bytes(1536, 0x22));
    const Bytes other_type = message(MessageType::server_hello, 0, Bytes(10, 0x22));
    for (const auto& forged : {other_bytes, shorter, longer, other_type}) {
        CAPTURE(to_hex(ByteView{forged}.first(12)));
        Reassembly reassembly;
        CHECK(reassembly.add(fragment_of(forged, 3, 4)) == Outcome::taken);
        CHECK(reassembly.add(fragment_of(genuine, 0, 10)) == Outcome::contrary);
        REQUIRE(reassembly.complete(0));
        CHECK(to_hex(*reassembly.complete(0)) == to_hex(genuine));

        // Between two genuine fragments: what the server repeats makes it up.
        reassembly.start_at(0);
        CHECK(reassembly.add(fragment_of(genuine, 0, 5)) == Outcome::taken);
        CHECK(reassembly.add(fragment_of(forged, 0, 5)) == Outcome::contrary);
        CHECK(reassembly.add(fragment_of(genuine, 5, 5)) != Outcome::repeated);
        CHECK(reassembly.add(fragment_of(genuine, 0, 5)) != Outcome::repeated);
        reassembly.add(fragment_of(genuine, 5, 5));
        REQUIRE(reassembly.complete(0));
        CHECK(to_hex(*reassembly.complete(0)) == to_hex(genuine));
    }
}

TEST_CASE("fragments that lead too far or ask for too much are not kept", "[dtls]") {
    Reassembly reassembly;
    reassembly.start_at(5);
    const Bytes whole = message(MessageType::certificate, 6, Bytes(10));
    CHECK(reassembly.add(fragment_of(whole, 0, 5)) == Outcome::taken);
    CHECK(reassembly.add(fragment_of(message(MessageType::certificate, 4, Bytes(10)), 0, 5)) == Outcome::repeated);
    CHECK(reassembly.add(fragment_of(message(MessageType::certificate, 12, Bytes(10)), 0, 5)) == Outcome::taken);
    CHECK(reassembly.add(fragment_of(message(MessageType::certificate, 13, Bytes(10)), 0, 5)) == Outcome::ahead);
    CHECK(reassembly.add(fragment_of(message(MessageType::certificate, 7, Bytes(1537)), 0, 5)) == Outcome::too_long);
    CHECK(reassembly.add(fragment_of(message(MessageType::certificate, 7, Bytes(1536)), 0, 5)) == Outcome::taken);
    CHECK_FALSE(reassembly.complete(4));
    CHECK_FALSE(reassembly.complete(13));
    CHECK(reassembly.add(fragment_of(whole, 5, 5)) == Outcome::taken);
    CHECK(reassembly.complete(6));
    reassembly.start_at(6);
    CHECK_FALSE(reassembly.complete(6));
}

TEST_CASE("a flight is repeated after 2, 4, 8, 16 and 32 seconds, and given up after 60", "[dtls]") {
    FlightTimer timer;
    TimePoint now{1h};
    timer.start(now);
    for (const auto pause : {2s, 4s, 8s, 16s, 32s}) {
        CHECK(timer.due() == now + pause);
        now += pause;
        CHECK(timer.expire(now));
    }
    CHECK(timer.due() == now + 60s);
    CHECK_FALSE(timer.expire(now + 60s));
    timer.start(now);
    CHECK(timer.due() == now + 2s);
}

TEST_CASE("each record number is given out once, 2^48 of them", "[dtls]") {
    RecordNumbers numbers;
    CHECK(numbers.take() == 0);
    CHECK(numbers.take() == 1);
    RecordNumbers last{0xFFFF'FFFF'FFFE};
    CHECK(last.take() == 0xFFFF'FFFF'FFFE);
    CHECK(last.take() == 0xFFFF'FFFF'FFFF);
    CHECK_FALSE(last.take());
    CHECK_FALSE(last.take());
}

TEST_CASE("for each reason of the chip's there is an alert", "[dtls]") {
    // chip-dtls.md section 4
    struct Row {
        std::vector<int> errors;
        int alert;
    };
    const std::vector<Row> rows{{{0x21, 0x22, 0x25}, 47},
                                {{0x23}, 71},
                                {{0x24}, 110},
                                {{0x26}, 48},
                                {{0x27, 0x2B}, 45},
                                {{0x28, 0x2A}, 43},
                                {{0x29}, 42},
                                {{0x2C}, 51},
                                {{0x01, 0x03, 0x04, 0x05, 0x06, 0x0A, 0x0B, 0x0C}, 80}};
    for (const auto& row : rows) {
        for (const int error : row.errors) {
            CAPTURE(error);
            const auto alert = alert_for(Error{static_cast<ChipError>(error)});
            REQUIRE(alert);
            CHECK(alert->fatal);
            CHECK(static_cast<int>(alert->description) == row.alert);
        }
    }
    CHECK(alert_for(Error{DtlsError::peer_closed}) == Alert{false, DtlsAlert::close_notify});
    CHECK(alert_for(Error{DtlsError::peer_silent}) == Alert{false, DtlsAlert::close_notify});
    CHECK(alert_for(Error{DtlsError::peer_violates}) == Alert{true, DtlsAlert::unexpected_message});
    CHECK(alert_for(Error{DtlsError::message_too_long}) == Alert{true, DtlsAlert::internal_error});
    CHECK(alert_for(Error{Errc::session_lost}) == Alert{true, DtlsAlert::internal_error});
    CHECK_FALSE(alert_for(Error{DtlsAlert::unknown_ca}));
    CHECK_FALSE(alert_for(Error{errno_code(ECONNREFUSED)}));
    CHECK_FALSE(alert_for(Error{DtlsError::other_process}));
}
