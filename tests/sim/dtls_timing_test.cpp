// SPDX-License-Identifier: Apache-2.0
// How long the DTLS client's steps take, and what the security monitor makes of them (chip-objects.md section 9), on
// the bus and a virtual clock.
#include "dtls_host.hpp"
#include "host.hpp"
#include "support/catch.hpp"

using namespace trustx;
using namespace trustx::test;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

// Bench is a chip with real times, behind its bus, and a server that it trusts.
struct Bench {
    Bench() {
        const std::string anchor = to_hex(root.der());
        REQUIRE(chip.apdu(command("0240", "E0E80000" + anchor)) == "00000000");
    }

    // Also notes how long each kind of command took, by Cmd and Param.
    std::string apdu(const std::string& hex) {
        const sim::Time start = chip.clock.now();
        std::string answer = chip.apdu(hex);
        took[hex.substr(0, 4)] = chip.clock.now() - start;
        return answer;
    }

    std::map<std::string, sim::Duration> took;
    Identity root = issue("Root", nullptr, {.authority = true});
    Identity identity = issue("Server", &root);
    Host chip{{.timing = sim::Timing::typical(400)}};
    ServerOptions options{.request_certificate = true, .client_authority = chip.chip->ca_certificate()};
    DtlsServer server{identity, options};
    DtlsHost host{[this](const std::string& hex) { return apdu(hex); }, server};
};

}  // namespace

TEST_CASE("sim: each step of a DTLS handshake takes the time of what it computes", "[dtls][timing]") {
    Bench bench;
    const sim::Time start = bench.chip.clock.now();
    CHECK(bench.host.handshake().empty());
    REQUIRE(bench.server.connected());
    const sim::Duration total = bench.chip.clock.now() - start;
    CHECK(total > milliseconds(900));
    CHECK(total < milliseconds(1600));
    auto& took = bench.took;
    const auto between = [&](const char* what, int least, int most) {
        CAPTURE(what);
        CHECK(took.at(what) > milliseconds(least));
        CHECK(took.at(what) < milliseconds(most));
    };
    between("1A0F", 145, 200);  // a signature
    between("1A10", 280, 340);  // a key pair, an agreement, a derivation
    between("1A14", 100, 140);
    between("1B0B", 220, 340);  // one verification, and some hundred bytes
    between("1B0C", 220, 280);
    between("1B14", 50, 90);
    between("1B0E", 5, 40);
    between("1A01", 5, 40);

    // Faster with more current, and slower with more bytes.
    bench.host.send("x");
    const sim::Duration short_record = took.at("1A61");
    bench.host.send(std::string(1000, 'x'));
    CHECK(took.at("1A61") > short_record + milliseconds(75));
    CHECK(bench.chip.apdu("02000005E0C400000F") == "00000000");
    const sim::Duration slow = took.at("1A61");
    bench.host.send(std::string(1000, 'x'));
    CHECK(took.at("1A61") < slow - milliseconds(40));
}

TEST_CASE("sim: each certificate up to the trust anchor costs a verification", "[dtls][timing]") {
    Bench bench;
    const Identity upper = issue("Upper", &bench.root, {.authority = true});
    const Identity lower = issue("Lower", &upper, {.authority = true});
    const Identity identity = issue("Server", &lower);
    const auto time_of = [&](const Identity& shown, const std::vector<const Identity*>& chain) {
        DtlsServer server{shown, {.chain = chain}};
        DtlsHost host{[&](const std::string& hex) { return bench.apdu(hex); }, server};
        CHECK(host.handshake().empty());
        return bench.took.at("1B0B");
    };
    const sim::Duration one = time_of(bench.identity, {});
    CHECK(one < milliseconds(340));
    // The root is longer to send, and not verified.
    CHECK(time_of(bench.identity, {&bench.root}) < one + milliseconds(150));
    const sim::Duration three = time_of(identity, {&lower, &upper});
    CHECK(three > one + milliseconds(440));
    CHECK(three < one + milliseconds(700));
}

TEST_CASE("sim: a command that is not due costs no cryptography", "[dtls][timing]") {
    Bench bench;
    CHECK(bench.apdu("10990004E0F0E100") == "00000000");
    CHECK(bench.apdu("1A0F0002E100") == "FF000000");
    CHECK(bench.took.at("1A0F") < milliseconds(40));
    CHECK(bench.apdu("1A100002E100") == "FF000000");
    CHECK(bench.took.at("1A10") < milliseconds(40));
}

TEST_CASE("sim: the signature of a DTLS handshake is one event, and waits when there were many", "[dtls][monitor]") {
    Bench bench;
    CHECK(bench.chip.chip->security_event_counter() == 0);
    CHECK(bench.host.handshake().empty());
    CHECK(bench.chip.chip->security_event_counter() == 1);

    bench.chip.chip->set_security_event_counter(255);
    DtlsServer server{bench.identity, bench.options};
    DtlsHost host{[&](const std::string& hex) { return bench.apdu(hex); }, server};
    CHECK(host.handshake().empty());
    CHECK(bench.took.at("1A0F") > seconds(5));
    CHECK(bench.took.at("1A10") < seconds(1));
}

TEST_CASE("sim: a failed decryption is an event and its answer waits; others do not", "[dtls][monitor]") {
    Bench bench;
    REQUIRE(bench.host.handshake().empty());
    const auto before = bench.chip.chip->security_event_counter();
    const sim::Bytes record = bench.server.say("hello");
    sim::Bytes forged = record;
    forged.back() ^= 1U;
    const std::string decrypt_forged = command("1B51", "E100" + tlv("51", to_hex(forged)));
    CHECK(bench.apdu(decrypt_forged) == "FF000000");
    CHECK(bench.chip.chip->security_event_counter() == before + 1);
    CHECK(bench.took.at("1B51") < milliseconds(100));

    bench.chip.chip->set_security_event_counter(254);
    CHECK(bench.apdu(decrypt_forged) == "FF000000");
    CHECK(bench.took.at("1B51") > milliseconds(4800));
    CHECK(bench.host.receive(record).substr(0, 2) == "61");
    CHECK(bench.took.at("1B51") < milliseconds(100));
}

TEST_CASE("sim: a DTLS session does not outlive the chip's supply", "[dtls]") {
    Bench bench;
    REQUIRE(bench.host.handshake().empty());
    SECTION("supply") {
        bench.chip.clock.advance(bench.chip.chip->power_cycle());
    }
    SECTION("reset line") {
        bench.chip.clock.advance(bench.chip.chip->pulse_reset());
    }
    bench.chip.reset_counters();
    bench.chip.open_application();
    CHECK(bench.chip.error(command("1A61", "E100" + tlv("61",
                                                        "17FEFD000100000000000F0001"
                                                        "00"))) == "0B");
}
