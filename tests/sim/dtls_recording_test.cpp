// SPDX-License-Identifier: Apache-2.0
// The recorded handshake byte for byte on the chip's side, and in each of its states every other command (chip-dtls.md
// section 8).
#include "dtls_recording.hpp"

#include "host.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"

#include <set>

using namespace trustx;
using namespace trustx::test;

namespace {

// Cmd and Param of a command.
std::string kind(const std::string& apdu) {
    return apdu.substr(0, 4);
}

// Each kind of command in the recording, once.
std::map<std::string, std::string> one_of_each(const Recording& recording) {
    std::map<std::string, std::string> commands;
    for (std::size_t i = 0; i < recording.size(); ++i) {
        commands.emplace(kind(recording.command(i)), recording.command(i));
    }
    commands.erase("1099");  // begins anew, in any state
    commands.erase("1A71");  // ends, in any state
    return commands;
}

// What is accepted before each command of the recording.
const std::vector<std::set<std::string>> accepted_before{
    {},                                // before SetAuthScheme
    {"1A01"},                          // begun
    {"1A01", "1B03", "1B02"},          // ClientHello was made
    {"1A01", "1B03", "1A03"},          // HelloVerifyRequest has come
    {"1A01", "1B03", "1A03", "1B02"},  // it was answered
    {"1B0B"},                          // ServerHello has come
    {"1B0C"},                          //
    {"1B0D", "1B0E"},                  // ServerKeyExchange has come
    {"1B0E"},                          // CertificateRequest has come
    {"1A0B"},                          // the server waits
    {"1A10"},                          //
    {"1A0F"},                          //
    {"1A14"},                          //
    {"1A61", "1B51", "1B14"},          // Finished was made
    {"1A61", "1B51", "1B14"},          // it was encrypted
    {"1A61", "1B51", "1B14"},          // the server's was decrypted
    {"1A61", "1B51"},                  // connected
    {"1A61", "1B51"},                  //
    {"1A61", "1B51"},                  //
    {"1A61", "1B51"},                  // before the end
};

}  // namespace

TEST_CASE("sim: a recorded DTLS handshake is repeated byte for byte", "[dtls]") {
    Recording recording{golden("dtls_handshake")};
    PlainChip chip({}, recording.random());
    recording.prepare(chip);
    SECTION("with its certificate in TLS identity form") {}
    SECTION("with its certificate alone, and zeros behind it") {
        sim::Bytes content = field(recording.run.at("certs"), "chip_der");
        content.resize(1728);
        chip.put(sim::ObjectId::certificate_1, std::move(content));
    }
    for (std::size_t i = 0; i < recording.size(); ++i) {
        CAPTURE(recording.apdus.at(i).at("name").get<std::string>());
        CHECK(chip.apdu(recording.command(i)) == recording.answer(i));
    }
    CHECK(recording.all_drawn());
    CHECK(chip.counters.private_key_uses == 1);
}

TEST_CASE("sim: in each state of a DTLS session what is not due is error 0B and changes nothing", "[dtls]") {
    Recording recording{golden("dtls_handshake")};
    PlainChip chip({}, recording.random());
    recording.prepare(chip);
    const auto commands = one_of_each(recording);
    REQUIRE(commands.size() == 15);
    REQUIRE(recording.size() == accepted_before.size());
    for (std::size_t i = 0; i < recording.size(); ++i) {
        const auto& accepted = accepted_before.at(i);
        CAPTURE(i);
        std::size_t refused = 0;
        for (const auto& [what, command] : commands) {
            CAPTURE(what);
            if (accepted.count(what) == 0) {
                CHECK(chip.error(command) == "0B");
                ++refused;
            }
        }
        CHECK(refused == commands.size() - accepted.size());
        CHECK(chip.apdu(recording.command(i)) == recording.answer(i));
    }
    for (const auto& [what, command] : commands) {
        CAPTURE(what);
        CHECK(chip.error(command) == "0B");
    }
}

TEST_CASE("sim: hellos can be made again, and the last HelloVerifyRequest counts", "[dtls]") {
    Recording recording{golden("dtls_handshake")};
    PlainChip chip({}, recording.random());
    recording.prepare(chip);
    const auto repeat = [&](std::size_t number) {
        CHECK(chip.apdu(recording.command(number)) == recording.answer(number));
    };
    repeat(0);
    repeat(1);
    repeat(1);
    // The time of the first call is the one that counts.
    CHECK(chip.apdu("1A010009E10031000400000000") == recording.answer(1));
    CHECK(chip.apdu("1A010002E100") == recording.answer(1));
    repeat(2);
    repeat(1);
    repeat(3);
    // A repeated request keeps its number and brings another cookie, here one of two bytes.
    CHECK(chip.apdu(command("1B03", "E100" + tlv("61",
                                                 "030000050000000000000005"
                                                 "FEFD02ABCD"))) == "00000000");
    const std::string hello = recording.answer(3);
    const std::string other = chip.apdu(recording.command(3));
    CHECK(other.substr(22, 4) == "0001");
    const std::size_t cookie = 2 * (4 + 3 + 12 + 2 + 32 + 1);
    CHECK(other.substr(cookie, 6) == "02ABCD");
    CHECK(other.substr(cookie - 2 * 33, 2 * 33) == hello.substr(cookie - 2 * 33, 2 * 33));
    CHECK(other.substr(cookie + 6) == hello.substr(cookie + 2 * 21));
    for (std::size_t i = 2; i < recording.size(); ++i) {
        repeat(i);
    }
}

TEST_CASE("sim: a DTLS session that begins again forgets what was", "[dtls]") {
    Recording recording{golden("dtls_handshake")};
    Recording again{golden("dtls_handshake")};
    std::size_t drawn = 0;
    PlainChip chip({}, [&, first = recording.random(), second = again.random()](std::size_t count) {
        return drawn++ < 3 ? first(count) : second(count);
    });
    recording.prepare(chip);
    for (std::size_t i = 0; i + 1 < recording.size(); ++i) {
        REQUIRE(chip.apdu(recording.command(i)) == recording.answer(i));
    }
    // Without the end of the first.
    for (std::size_t i = 0; i < recording.size(); ++i) {
        CAPTURE(i);
        CHECK(chip.apdu(recording.command(i)) == recording.answer(i));
    }
}
