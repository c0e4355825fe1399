// SPDX-License-Identifier: Apache-2.0
// What the chip's DTLS client does not take from a server or a host, and which code says so (chip-dtls.md sections 4, 5
// and 8).
#include "dtls_host.hpp"
#include "host.hpp"
#include "model/dtls/wiped.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <new>

using namespace trustx;
using namespace trustx::test;

namespace {

constexpr std::size_t header_size = 12;
constexpr unsigned hello_verify_request = 0x03;
constexpr unsigned server_hello = 0x02;
constexpr unsigned certificate = 0x0B;
constexpr unsigned server_key_exchange = 0x0C;
constexpr unsigned certificate_request = 0x0D;
constexpr unsigned server_hello_done = 0x0E;
constexpr unsigned finished = 0x14;

using Change = void (*)(sim::Bytes& message);

struct Refusal {
    const char* what;
    unsigned type;
    Change change;
    const char* code;
};

// resized gives a body another size, and the header what belongs to it.
void resize(sim::Bytes& message, std::size_t body_size) {
    message.resize(header_size + body_size, 0);
    for (const std::size_t at : {1U, 9U}) {
        message[at] = 0;
        message[at + 1] = static_cast<std::uint8_t>(body_size >> 8U);
        message[at + 2] = static_cast<std::uint8_t>(body_size & 0xFFU);
    }
}

std::size_t body_size(const sim::Bytes& message) {
    return message.size() - header_size;
}

std::uint8_t& body(sim::Bytes& message, std::size_t at) {
    return message.at(header_size + at);
}

// Where things are in a ServerHello.
std::size_t suite_at(sim::Bytes& message) {
    return 2 + 32 + 1 + body(message, 2 + 32);
}
std::size_t extensions_at(sim::Bytes& message) {
    return suite_at(message) + 3;
}

void add_extension(sim::Bytes& message, std::uint8_t type) {
    const std::size_t size = body_size(message);
    const std::size_t at = extensions_at(message);
    resize(message, size + 4);
    body(message, size + 1) = type;
    body(message, at + 1) = static_cast<std::uint8_t>(body(message, at + 1) + 4);
}

// Where things are in a ServerKeyExchange on P-256.
constexpr std::size_t scheme_at = 1 + 2 + 1 + 65;

const std::vector<Refusal> refusals{
    {"HelloVerifyRequest of TLS", hello_verify_request, [](sim::Bytes& m) { body(m, 0) = 0x03; }, "22"},
    {"a cookie that is longer than its message", hello_verify_request, [](sim::Bytes& m) { ++body(m, 2); }, "21"},
    {"a cookie that is shorter", hello_verify_request, [](sim::Bytes& m) { --body(m, 2); }, "21"},
    {"another type in the header", server_hello, [](sim::Bytes& m) { m[0] = 0x0B; }, "21"},
    {"another length in the header", server_hello, [](sim::Bytes& m) { ++m[3]; }, "21"},
    {"a fragment that begins later", server_hello, [](sim::Bytes& m) { ++m[8]; }, "21"},
    {"a fragment that is not all", server_hello, [](sim::Bytes& m) { --m[11]; }, "21"},
    {"nothing", server_hello, [](sim::Bytes& m) { m.clear(); }, "21"},
    {"DTLS 1.0", server_hello, [](sim::Bytes& m) { body(m, 1) = 0xFF; }, "22"},
    {"another suite", server_hello, [](sim::Bytes& m) { body(m, suite_at(m) + 1) = 0xAC; }, "23"},
    {"compression", server_hello, [](sim::Bytes& m) { body(m, suite_at(m) + 2) = 1; }, "25"},
    {"an extension that was not offered", server_hello, [](sim::Bytes& m) { add_extension(m, 23); }, "24"},
    {"an extension twice", server_hello, [](sim::Bytes& m) { add_extension(m, 11); }, "21"},
    {"extensions that are cut off", server_hello, [](sim::Bytes& m) { resize(m, body_size(m) - 1); }, "21"},
    {"a session id that is too long", server_hello, [](sim::Bytes& m) { body(m, 34) = 33; }, "21"},
    {"a gap in the numbers", certificate, [](sim::Bytes& m) { ++m[5]; }, "21"},
    {"a list that is longer than its message", certificate, [](sim::Bytes& m) { ++body(m, 2); }, "21"},
    {"a certificate that is longer than the list", certificate, [](sim::Bytes& m) { ++body(m, 5); }, "21"},
    {"no certificate", certificate,
     [](sim::Bytes& m) {
         resize(m, 3);
         body(m, 1) = 0;
         body(m, 2) = 0;
     },
     "29"},
    {"what is no certificate", certificate, [](sim::Bytes& m) { body(m, 6) = 0x31; }, "29"},
    {"a byte behind a certificate", certificate,
     [](sim::Bytes& m) {
         resize(m, body_size(m) + 1);
         ++body(m, 2);
         ++body(m, 5);
     },
     "29"},
    {"a certificate whose signature is wrong", certificate, [](sim::Bytes& m) { m.back() ^= 1U; }, "2C"},
    {"explicit curves", server_key_exchange, [](sim::Bytes& m) { body(m, 0) = 1; }, "25"},
    {"P-384, which was not offered", server_key_exchange, [](sim::Bytes& m) { body(m, 2) = 24; }, "25"},
    {"a point that is not on the curve", server_key_exchange, [](sim::Bytes& m) { body(m, 10) ^= 1U; }, "25"},
    {"a compressed point", server_key_exchange, [](sim::Bytes& m) { body(m, 4) = 2; }, "25"},
    {"another signature scheme", server_key_exchange, [](sim::Bytes& m) { body(m, scheme_at) = 5; }, "2A"},
    {"a wrong signature", server_key_exchange, [](sim::Bytes& m) { m.back() ^= 1U; }, "2C"},
    {"a signature that is none", server_key_exchange, [](sim::Bytes& m) { body(m, scheme_at + 4) = 0x31; }, "2C"},
    {"bytes behind the signature", server_key_exchange, [](sim::Bytes& m) { resize(m, body_size(m) + 1); }, "21"},
    {"certificates for RSA only", certificate_request,
     [](sim::Bytes& m) { std::replace(m.begin() + 13, m.begin() + 16, std::uint8_t{64}, std::uint8_t{1}); }, "2A"},
    {"other schemes only", certificate_request,
     [](sim::Bytes& m) {
         for (std::size_t i = header_size + 6; i + 1 < m.size(); ++i) {
             m[i] = m[i] == 4 && m[i + 1] == 3 ? 6 : m[i];
         }
     },
     "2A"},
    {"names that are cut off", certificate_request, [](sim::Bytes& m) { --m.back(), resize(m, body_size(m) - 1); },
     "21"},
    {"a name that is longer than all names", certificate_request,
     [](sim::Bytes& m) {
         const std::size_t schemes = 1U + body(m, 0);
         const std::size_t names = schemes + 2 + (body(m, schemes) << 8U | body(m, schemes + 1));
         ++body(m, names + 3);
     },
     "21"},
    {"ServerHelloDone with content", server_hello_done, [](sim::Bytes& m) { resize(m, 1); }, "21"},
    {"a wrong Finished", finished, [](sim::Bytes& m) { m.back() ^= 1U; }, "21"},
    {"a short Finished", finished, [](sim::Bytes& m) { resize(m, 11); }, "21"},
};

// Connection is a chip and a server that trust each other, with records between them.
struct Connection {
    explicit Connection(sim::dtls::Decisions decisions = {}, bool demands_certificate = false)
        : chip{std::move(decisions)},
          server{identity,
                 {.request_certificate = demands_certificate,
                  .client_authority = demands_certificate ? chip.state().ca_certificate : sim::Bytes{}}} {
        chip.put(sim::ObjectId::trust_anchor_1, root.der());
    }

    void connect() {
        REQUIRE(host.handshake().empty());
        REQUIRE(server.connected());
    }

    // The security event counter.
    [[nodiscard]] int events() const { return chip.state().byte(sim::ObjectId::security_event_counter); }

    Identity root = issue("Root", nullptr, {.authority = true});
    Identity identity = issue("Server", &root);
    PlainChip chip;
    DtlsServer server;
    DtlsHost host{[this](const std::string& hex) { return chip.apdu(hex); }, server};
};

std::string encrypt(const std::string& part, const std::string& bytes) {
    return command("1A61", "E100" + tlv(part, bytes));
}

std::string decrypt(const std::string& part, const sim::Bytes& bytes) {
    return command("1B51", "E100" + tlv(part, to_hex(bytes)));
}

// plain_record has a header for the client's epoch and this number.
std::string plain_record(const char* type, unsigned number, std::size_t length, const std::string& text) {
    return std::string(type) +
           "FEFD0001"
           "00000000" +
           hex16(number) + hex16(length) + text;
}

const std::string ten_bytes(20, 'A');

}  // namespace

TEST_CASE("sim: what a server must not send ends the DTLS session with its code", "[dtls]") {
    for (const auto& refusal : refusals) {
        CAPTURE(refusal.what);
        Connection connection({}, true);
        int changed = 0;
        DtlsHost host{[&](const std::string& hex) { return connection.chip.apdu(hex); },
                      connection.server,
                      {.tamper = [&](unsigned type, sim::Bytes& message) {
                          if (type == refusal.type) {
                              refusal.change(message);
                              ++changed;
                          }
                      }}};
        CHECK(host.handshake() == refusal.code);
        CHECK(changed == 1);
        // The session is forgotten; the host closes it all the same, and can begin again.
        CHECK(connection.chip.error("1A010002E100") == "0B");
        CHECK(connection.chip.error("1B0E0011E10061000C0E0000000005000000000000") == "0B");
        CHECK(host.close() == "00000000");
        DtlsServer other{connection.identity, {}};
        DtlsHost again{[&](const std::string& hex) { return connection.chip.apdu(hex); }, other};
        CHECK(again.handshake().empty());
    }
}

TEST_CASE("sim: numbers of messages are not looked at when that was decided", "[dtls]") {
    Connection connection({.checks_message_seq = false});
    DtlsHost host{[&](const std::string& hex) { return connection.chip.apdu(hex); },
                  connection.server,
                  {.tamper = [](unsigned type, sim::Bytes& message) {
                      if (type == server_hello_done) {
                          ++message[5];
                      }
                  }}};
    // Then it is only noticed that the two ends do not agree on what was said.
    CHECK(host.handshake().empty());
    CHECK_FALSE(connection.server.connected());
    CHECK(host.alert() == 51);
}

TEST_CASE("sim: malformed DTLS commands change nothing", "[dtls]") {
    PlainChip chip;
    CHECK(chip.error("10990004E0F0E200") == "01");
    CHECK(chip.error("10990004E100E100") == "01");
    CHECK(chip.error("10990004E0F1E100") == "05");  // no key
    CHECK(chip.error("10990002E0F0") == "04");
    CHECK(chip.error("10990006E0F0E1000000") == "04");
    CHECK(chip.error("10980004E0F0E100") == "03");
    chip.put_key(sim::ObjectId{0xE0F2}, sim::Curve::p256, sim::usage::sign, sim::Bytes(32, 1));
    CHECK(chip.error("10990004E0F2E100") == "24");

    CHECK(chip.apdu("10990004E0F0E100") == "00000000");
    for (const char* param : {"00", "02", "04", "0C", "0D", "0E", "51", "60", "62"}) {
        CHECK(chip.error("1A" + std::string(param) + "0002E100") == "03");
    }
    for (const char* param : {"00", "01", "0F", "10", "61", "71", "50", "52"}) {
        CHECK(chip.error("1B" + std::string(param) + "0002E100") == "03");
    }
    CHECK(chip.error("1A010001E1") == "04");
    CHECK(chip.error("1A010002E0F0") == "01");
    CHECK(chip.error("1A010002E101") == "0B");
    CHECK(chip.error("1A710001E1") == "04");
    CHECK(chip.error("1A710002E104") == "01");
    CHECK(chip.error("1A710005E100310000") == "05");
    CHECK(chip.error("1A010008E10031000365"
                     "53F1") == "05");
    CHECK(chip.error("1A010009E1003200046553F100") == "05");
    CHECK(chip.error("1A010008E1003100046553F1") == "04");
    CHECK(chip.apdu("1A010009E1003100046553F100").substr(0, 10) == "0000005161");
    // So does a message whose TLV is wrong, when it would be due.
    CHECK(chip.error("1B020002E100") == "05");
    CHECK(chip.error("1B020008E100610004"
                     "020000") == "04");
    CHECK(chip.error("1B020009E100510004"
                     "02000000") == "05");
    CHECK(chip.apdu("1A010002E100").substr(0, 10) == "0000005161");
}

TEST_CASE("sim: a session object holds one thing, and the last one wins", "[dtls]") {
    const std::string make_key = "38030009010002E10002000120";
    PlainChip chip;
    SECTION("a key after a connection") {
        CHECK(chip.apdu("10990004E0F0E100") == "00000000");
        CHECK(chip.apdu(make_key).substr(0, 4) == "0000");
        CHECK(chip.error("1A010002E100") == "0B");
        // The end of the connection that was there does not take the key along.
        CHECK(chip.error("1A710002E100") == "0B");
        CHECK(chip.error(sign_command("E100")) == "24");
    }
    SECTION("a shared secret after a connection") {
        const std::string point = chip.apdu("38030009010002E10102000120").substr(8 + 6 + 6);
        CHECK(chip.apdu("10990004E0F0E100") == "00000000");
        CHECK(chip.apdu(command("3301", tlv("01", "E101") + tlv("05", "03") + tlv("06", "034200" + point) +
                                            tlv("08", "E100"))) == "00000000");
        CHECK(chip.error("1A010002E100") == "0B");
        CHECK(chip.error("1A710002E100") == "0B");
    }
    SECTION("a connection after a key") {
        CHECK(chip.apdu(make_key).substr(0, 4) == "0000");
        CHECK(chip.apdu("10990004E0F0E100") == "00000000");
        CHECK(chip.error(sign_command("E100")) == "05");
        CHECK(chip.apdu("1A010002E100").substr(0, 4) == "0000");
    }
    SECTION("nothing after OpenApplication") {
        CHECK(chip.apdu("10990004E0F0E100") == "00000000");
        CHECK(chip.apdu(open_command) == "00000000");
        CHECK(chip.error("1A010002E100") == "0B");
        CHECK(chip.apdu("1A710002E100") == "00000000");
    }
    SECTION("nothing after a reset") {
        CHECK(chip.apdu("10990004E0F0E100") == "00000000");
        chip.application().reset(chip.now);
        CHECK(chip.error("1A010002E100") == "0C");
        CHECK(chip.apdu(open_command) == "00000000");
        CHECK(chip.error("1A010002E100") == "0B");
    }
}

TEST_CASE("sim: as many connections at one time as was decided", "[dtls]") {
    PlainChip four;
    for (const char* session : {"E100", "E101", "E102", "E103", "E101"}) {
        CHECK(four.apdu("10990004E0F0" + std::string(session)) == "00000000");
    }
    PlainChip one({.connections = 1});
    CHECK(one.apdu("10990004E0F0E102") == "00000000");
    CHECK(one.error("10990004E0F0E100") == "0D");
    CHECK(one.apdu("10990004E0F0E102") == "00000000");
    CHECK(one.apdu("1A710002E102") == "00000000");
    CHECK(one.apdu("10990004E0F0E100") == "00000000");
}

TEST_CASE("sim: a key that is gone when the signature is due is named, and the session stays", "[dtls]") {
    Connection connection({}, true);
    auto& chip = connection.chip;
    bool asked = false;
    DtlsHost host{[&](const std::string& hex) {
                      if (hex.substr(0, 4) == "1A0F") {
                          const sim::Bytes scalar = chip.state().objects.at(sim::ObjectId::key_1).content;
                          chip.put_key(sim::ObjectId::key_1, sim::Curve::p256, sim::usage::sign, scalar);
                          CHECK(chip.error(hex) == "24");
                          chip.put_key(sim::ObjectId::key_1, sim::Curve::p256, sim::usage::auth, scalar);
                          CHECK(chip.counters.private_key_uses == 0);
                          asked = true;
                      }
                      return chip.apdu(hex);
                  },
                  connection.server};
    CHECK(host.handshake().empty());
    CHECK(asked);
    CHECK(connection.server.connected());
}

TEST_CASE("sim: a record that is not authentic is refused, counted, and harms nothing", "[dtls]") {
    Connection connection;
    connection.connect();
    auto& chip = connection.chip;
    const sim::Bytes record = connection.server.say("hello");
    const int before = connection.events();
    int refused = 0;
    // Every byte of it counts: its header, too, unless the header no longer fits the record.
    for (std::size_t i = 0; i < record.size(); ++i) {
        CAPTURE(i);
        sim::Bytes changed = record;
        changed[i] ^= 0x10U;
        const bool length = i == 11 || i == 12;
        CHECK(chip.error(decrypt("51", changed)) == (length ? "05" : "06"));
        refused += length ? 0 : 1;
    }
    CHECK(connection.events() == before + refused);
    CHECK(refused == static_cast<int>(record.size()) - 2);
    // Too short to be one: an event as well.
    CHECK(chip.error(decrypt("51", from_hex("17FEFD0001000000000001000F00010000000000010102030405060708")))
              .substr(0, 2) == "05");
    CHECK(chip.error(decrypt("51", from_hex("17FEFD0001000000000001000F000100000000000101020304050607"))) == "06");
    CHECK(chip.error(decrypt("51", from_hex("17FEFD000100000000000100"))) == "05");
    CHECK(connection.events() == before + refused + 1);
    CHECK(chip.apdu(decrypt("51", record)).substr(0, 2) == "00");
}

TEST_CASE("sim: only records of the connection are encrypted, each number once", "[dtls]") {
    Connection connection;
    connection.connect();
    auto& chip = connection.chip;
    const auto seal = [&](const char* type, unsigned number) {
        return encrypt("61", plain_record(type, number, 10, ten_bytes));
    };
    CHECK(chip.apdu(seal("17", 5)).substr(0, 14) == "0000002A510027");
    CHECK(chip.error(seal("17", 5)) == "05");
    CHECK(chip.error(seal("17", 4)) == "05");
    CHECK(chip.apdu(seal("15", 6)).substr(0, 2) == "00");
    CHECK(chip.apdu(seal("16", 7)).substr(0, 2) == "00");
    CHECK(chip.error(seal("14", 8)) == "05");
    CHECK(chip.error(seal("18", 8)) == "05");
    CHECK(chip.error(encrypt("61", "17FEFF0001000000000008000A" + ten_bytes)) == "05");
    CHECK(chip.error(encrypt("61", "17FEFD0000000000000008000A" + ten_bytes)) == "05");
    CHECK(chip.error(encrypt("61", plain_record("17", 8, 11, ten_bytes))) == "05");
    CHECK(chip.error(encrypt("61", plain_record("17", 8, 9, ten_bytes))) == "05");
    CHECK(chip.error(encrypt("61", "17FEFD0001000000000008")) == "05");
    CHECK(chip.error(encrypt("51", plain_record("17", 8, 10, ten_bytes))) == "05");
    // None of them has used up the number; nothing is also a text.
    CHECK(chip.apdu(encrypt("61", plain_record("17", 8, 0, ""))).substr(0, 2) == "00");

    Connection other({.sequence_must_rise = false});
    other.connect();
    CHECK(other.chip.apdu(seal("17", 5)) == other.chip.apdu(seal("17", 5)));
}

TEST_CASE("sim: the largest record that fits into an answer is encrypted", "[dtls]") {
    Connection connection;
    connection.connect();
    auto& chip = connection.chip;
    // Header, explicit nonce and tag leave this many of the 1550 bytes behind tag and length.
    const std::size_t largest = 1553 - 3 - 13 - 16;
    CHECK(chip.error(encrypt("61", plain_record("17", 1, largest + 1, std::string(2 * (largest + 1), '4')))) == "0D");
    const std::string sealed = chip.apdu(encrypt("61", plain_record("17", 1, largest, std::string(2 * largest, '4'))));
    CHECK(sealed.substr(0, 14) == "0000061151060E");
    static_cast<void>(connection.server.exchange(from_hex(sealed.substr(14))));
    CHECK(connection.server.read() == std::string(largest, 'D'));
}

TEST_CASE("sim: before the server's Finished no application data is encrypted, unless that was decided", "[dtls]") {
    const bool early = GENERATE(false, true);
    Connection connection({.encrypts_early = early});
    auto& chip = connection.chip;
    bool tried = false;
    DtlsHost host{[&](const std::string& hex) {
                      if (hex.substr(0, 4) == "1B14") {
                          const std::string data = encrypt("61", plain_record("17", 0x100, 10, ten_bytes));
                          if (early) {
                              CHECK(chip.apdu(data).substr(0, 2) == "00");
                          } else {
                              CHECK(chip.error(data) == "0B");
                          }
                          CHECK(chip.apdu(encrypt("61", plain_record("15", 0x101, 2, "0100"))).substr(0, 2) == "00");
                          tried = true;
                      }
                      return chip.apdu(hex);
                  },
                  connection.server};
    CHECK(host.handshake().empty());
    CHECK(tried);
}

TEST_CASE("sim: records that no command can hold are encrypted and decrypted in slices", "[dtls]") {
    Connection connection;
    connection.connect();
    auto& chip = connection.chip;
    std::string text(4000, 'x');
    std::generate(text.begin(), text.end(), [i = 0]() mutable { return static_cast<char>('a' + i++ % 26); });
    const std::string hex = to_hex(sim::to_bytes(std::string_view(text)));
    std::string record;
    const auto seal = [&](const std::string& tag, const std::string& bytes) {
        const std::string answer = chip.apdu(encrypt(tag, bytes));
        REQUIRE(answer.substr(0, 2) == "00");
        CHECK(answer.substr(8, 2) == "5" + tag.substr(1));
        record += answer.substr(14);
    };
    seal("60", plain_record("17", 1, text.size(), hex.substr(0, 2 * 1501)));
    seal("62", hex.substr(2 * 1501, 2 * 1));
    seal("62", hex.substr(2 * 1502, 2 * 1500));
    seal("61", hex.substr(2 * 3002));
    CHECK(record.size() == 2 * (13 + 16 + text.size()));
    static_cast<void>(connection.server.exchange(from_hex(record)));
    CHECK(connection.server.read() == text);

    const sim::Bytes sent = connection.server.say(text);
    const auto part = [&](std::size_t from, std::size_t size) {
        const auto begin = sent.begin() + static_cast<std::ptrdiff_t>(from);
        return sim::Bytes{begin, begin + static_cast<std::ptrdiff_t>(size)};
    };
    REQUIRE(sent.size() == 13 + 16 + text.size());
    const std::size_t before_tag = sent.size() - 8;
    std::string plain;
    const auto open = [&](const std::string& tag, const sim::Bytes& bytes) {
        const std::string answer = chip.apdu(decrypt(tag, bytes));
        REQUIRE(answer.substr(0, 2) == "00");
        CHECK(answer.substr(8, 2) == "6" + tag.substr(1));
        plain += answer.substr(14);
    };
    open("50", part(0, 1517));
    open("52", part(1517, 1500));
    open("52", part(3017, before_tag + 3 - 3017));
    open("51", part(before_tag + 3, 5));
    CHECK(plain.substr(0, 26) == to_hex(sim::ByteView(sent).first(11)) + hex16(text.size()));
    CHECK(plain.substr(26) == hex);

    SECTION("a slice that is not authentic shows at the end") {
        const int before = connection.events();
        sim::Bytes changed = part(1517, 1500);
        changed[7] ^= 1U;
        open("50", part(0, 1517));
        open("52", changed);
        open("52", part(3017, before_tag - 3017));
        CHECK(chip.error(decrypt("51", part(before_tag, 8))) == "06");
        CHECK(connection.events() == before + 1);
    }
    SECTION("slices that do not fit end it") {
        CHECK(chip.error(decrypt("52", part(1517, 100))) == "05");
        CHECK(chip.error(decrypt("50", part(0, 20))) == "05");
        open("50", part(0, 1517));
        CHECK(chip.error(decrypt("51", part(before_tag, 8))) == "05");
        CHECK(chip.error(decrypt("52", part(1517, 100))) == "05");
        CHECK(chip.error(encrypt("62", hex.substr(0, 20))) == "05");
        CHECK(chip.apdu(encrypt("60", plain_record("17", 2, 20, ten_bytes))).substr(0, 2) == "00");
        CHECK(chip.error(encrypt("61", hex.substr(0, 22))) == "05");
        CHECK(chip.error(encrypt("60", plain_record("17", 3, 9, ten_bytes))) == "05");
    }
    SECTION("another record in between begins anew") {
        open("50", part(0, 1517));
        open("50", part(0, 1517));
        CHECK(chip.apdu(encrypt("60", plain_record("17", 2, 20, ten_bytes))).substr(0, 2) == "00");
        CHECK(chip.apdu(encrypt("60", plain_record("17", 3, 20, ten_bytes))).substr(0, 2) == "00");
        CHECK(chip.apdu(encrypt("61", ten_bytes)).substr(0, 2) == "00");
    }
}

TEST_CASE("sim: nothing is left of a secret that was wiped", "[dtls]") {
    using Secret = sim::dtls::Wiped<8>;
    alignas(Secret) std::array<unsigned char, sizeof(Secret)> memory{};
    const sim::Bytes value{0xA1, 0xA2, 0xA3, 0xA4};
    const auto found = [&] {
        return std::search(memory.begin(), memory.end(), value.begin(), value.end()) != memory.end();
    };
    auto* secret = new (memory.data()) Secret{Secret::take(sim::Bytes{value})};
    CHECK(found());
    CHECK(to_hex(secret->view()) == "A1A2A3A4");
    SECTION("at its end") {}
    SECTION("earlier") {
        secret->wipe();
        CHECK(secret->view().empty());
        CHECK_FALSE(found());
    }
    secret->~Secret();
    CHECK_FALSE(found());
}
