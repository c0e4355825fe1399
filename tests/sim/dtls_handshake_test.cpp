// SPDX-License-Identifier: Apache-2.0
// Handshakes of the chip's DTLS client with libssl (chip-dtls.md sections 3 to 6 and 8).
#include "dtls_host.hpp"
#include "host.hpp"
#include "model/chip/certificate.hpp"
#include "model/dtls/server_chain.hpp"
#include "support/catch.hpp"

using namespace trustx;
using namespace trustx::test;

namespace {

using sim::dtls::Decisions;
using sim::dtls::group_p256;
using sim::dtls::group_p384;

constexpr std::int64_t year_2020 = 1577836800;
constexpr std::int64_t year_2023 = 1672531200;
constexpr std::int64_t year_2040 = 2208988800;

// Pki is an authority, and a server.
struct Pki {
    Identity root = issue("Root", nullptr, {.authority = true});
    Identity server = issue("Server", &root);
};

DtlsHost::Apdu to(PlainChip& chip) {
    return [&chip](const std::string& hex) { return chip.apdu(hex); };
}

ServerOptions demanding_certificate(const PlainChip& chip) {
    return {.request_certificate = true, .client_authority = chip.state().ca_certificate};
}

void trust(PlainChip& chip, const Identity& anchor) {
    chip.put(sim::ObjectId::trust_anchor_1, anchor.der());
}

// check_data sends in both directions.
void check_data(DtlsHost& host, DtlsServer& server) {
    host.send("from the chip");
    CHECK(server.read() == "from the chip");
    const std::string plain = host.receive(server.say("from the server"));
    CHECK(plain.substr(0, 2) == "61");
    CHECK(plain.substr(6 + 26) == to_hex(sim::to_bytes(std::string_view("from the server"))));
}

// outcome is the error code of a handshake without client certificate; empty when it succeeded and data flows.
std::string outcome(PlainChip& chip, const Identity& identity, const std::vector<const Identity*>& chain = {},
                    std::optional<std::uint32_t> unix_time = 1700000000) {
    DtlsServer server{identity, {.chain = chain}};
    DtlsHost host{to(chip), server, {.unix_time = unix_time}};
    std::string code = host.handshake();
    if (code.empty() && !server.connected()) {
        return "alert " + std::to_string(host.alert());
    }
    CHECK(server.connected() == code.empty());
    if (code.empty()) {
        check_data(host, server);
    }
    CHECK(host.close() == "00000000");
    return code;
}

}  // namespace

TEST_CASE("sim: the chip makes a DTLS handshake with libssl, shows its certificate, and exchanges data", "[dtls]") {
    const Pki pki;
    PlainChip chip;
    trust(chip, pki.root);
    DtlsServer server{pki.server, demanding_certificate(chip)};
    DtlsHost host{to(chip), server};
    CHECK(host.handshake().empty());
    CHECK(host.alert() == -1);
    REQUIRE(server.connected());
    CHECK(server.client_chain_size() == 1);
    CHECK(chip.counters.private_key_uses == 1);
    check_data(host, server);
    check_data(host, server);
    static_cast<void>(server.exchange(from_hex(host.close_notify().substr(6))));
    CHECK(server.read().empty());
    CHECK(server.client_has_closed());
    CHECK(host.close() == "00000000");
    CHECK(chip.error("1A010002E100") == "0B");
}

TEST_CASE("sim: a DTLS handshake does without what is optional", "[dtls]") {
    const Pki pki;
    PlainChip chip;
    trust(chip, pki.root);
    ServerOptions options;
    DtlsHostOptions host_options;
    bool shown = false;
    SECTION("a cookie") {
        options.cookies = false;
    }
    SECTION("a time") {
        host_options.unix_time.reset();
    }
    SECTION("a certificate of the chip, which the server requests and does not need") {
        options.request_certificate = true;
        options.certificate_optional = true;
        host_options.certificate.clear();
    }
    SECTION("a cookie, with a certificate") {
        options = demanding_certificate(chip);
        options.cookies = false;
        shown = true;
    }
    DtlsServer server{pki.server, options};
    DtlsHost host{to(chip), server, host_options};
    CHECK(host.handshake().empty());
    REQUIRE(server.connected());
    CHECK(server.client_has_shown_a_certificate() == shown);
    CHECK(chip.counters.private_key_uses == (shown ? 1 : 0));
    check_data(host, server);
}

TEST_CASE("sim: a server that needs the chip's certificate refuses a handshake without it", "[dtls]") {
    const Pki pki;
    PlainChip chip;
    trust(chip, pki.root);
    DtlsServer server{pki.server, demanding_certificate(chip)};
    DtlsHost host{to(chip), server, {.certificate = ""}};
    CHECK(host.handshake().empty());
    CHECK_FALSE(server.connected());
    CHECK(host.alert() == 40);
}

TEST_CASE("sim: messages come in chunks of the size that was decided", "[dtls]") {
    const Pki pki;
    const std::size_t size = GENERATE(1538U, 100U, 7U);
    PlainChip chip({.chunk_size = size});
    trust(chip, pki.root);
    DtlsServer server{pki.server, demanding_certificate(chip)};
    DtlsHost host{to(chip), server};
    CHECK(host.handshake().empty());
    REQUIRE(server.connected());
    check_data(host, server);
    const std::size_t body = chip.state().objects.at(sim::ObjectId::certificate_1).content.size() - 3;
    const auto rounded_up = [&](std::size_t bytes) { return (bytes + size - 1) / size; };
    CHECK(host.chunks["0B"] == rounded_up(body));
    CHECK(host.chunks["10"] == rounded_up(66));
    CHECK(host.chunks["14"] == rounded_up(12));
}

TEST_CASE("sim: while chunks are left only the same message and the end are due", "[dtls]") {
    PlainChip chip({.chunk_size = 40});
    CHECK(chip.apdu("10990004E0F0E100") == "00000000");
    const std::string first = chip.apdu("1A010002E100");
    CHECK(first.substr(8, 2) == "60");
    CHECK(chip.error("1A030002E100") == "0B");
    CHECK(chip.error("1A610002E100") == "0B");
    CHECK(chip.error("1B510002E100") == "0B");
    CHECK(chip.error("1B030002E100") == "0B");
    const std::string last = chip.apdu("1A010002E100");
    CHECK(last.substr(8, 2) == "61");
    CHECK(last.substr(14 + 12, 12) ==
          "000028"
          "00001A");
    CHECK(chip.apdu("1A010002E100") == first);
    CHECK(chip.apdu("1A710002E100") == "00000000");
}

TEST_CASE("sim: the chip takes servers on P-256 and P-384, with keys and authorities of either", "[dtls]") {
    const char* root_group = GENERATE("P-256", "P-384");
    const char* server_group = GENERATE("P-256", "P-384");
    const auto group = GENERATE(group_p256, group_p384);
    CAPTURE(root_group, server_group, group);
    const Identity root = issue("Root", nullptr, {.group = root_group, .authority = true});
    const Identity identity = issue("Server", &root, {.group = server_group});
    // libssl only shows a certificate whose curve was offered.
    std::vector<std::uint16_t> offered{group};
    if (std::string_view{server_group} != (group == group_p256 ? "P-256" : "P-384")) {
        offered.push_back(group == group_p256 ? group_p384 : group_p256);
    }
    PlainChip chip({.groups = offered});
    trust(chip, root);
    CHECK(outcome(chip, identity).empty());
}

TEST_CASE("sim: chains of several certificates lead to a root or an intermediate in the trust anchor", "[dtls]") {
    const Identity root = issue("Root", nullptr, {.authority = true});
    const Identity upper = issue("Upper", &root, {.group = "P-384", .constraints = "critical,CA:TRUE,pathlen:1"});
    const Identity lower =
        issue("Lower", &upper, {.constraints = "critical,CA:TRUE,pathlen:0", .usage = "critical,keyCertSign"});
    const Identity server = issue("Server", &lower, {.usage = "critical,digitalSignature"});
    PlainChip chip;
    SECTION("root") {
        trust(chip, root);
        CHECK(outcome(chip, server, {&lower, &upper}).empty());
        CHECK(outcome(chip, server, {&lower, &upper, &root}).empty());
        CHECK(outcome(chip, server, {&lower}) == "26");
        CHECK(outcome(chip, server, {}) == "26");
        CHECK(outcome(chip, server, {&upper, &lower}) == "29");
    }
    SECTION("intermediate") {
        trust(chip, upper);
        CHECK(outcome(chip, server, {&lower}).empty());
        CHECK(outcome(chip, server, {&lower, &upper}).empty());
        CHECK(outcome(chip, server, {&lower, &upper, &root}).empty());
        CHECK(outcome(chip, server, {}) == "26");
    }
    SECTION("issuer") {
        trust(chip, lower);
        CHECK(outcome(chip, server, {}).empty());
        CHECK(outcome(chip, server, {&lower, &upper, &root}).empty());
    }
    SECTION("too long") {
        const Identity lowest = issue("Lowest", &lower, {.authority = true});
        const Identity below = issue("Server", &lowest);
        trust(chip, root);
        CHECK(outcome(chip, below, {&lowest, &lower, &upper}) == "29");
    }
}

TEST_CASE("sim: a trust anchor that does not fit ends the handshake", "[dtls]") {
    const Pki pki;
    PlainChip chip;
    SECTION("another authority") {
        trust(chip, issue("Other", nullptr, {.authority = true}));
        CHECK(outcome(chip, pki.server) == "26");
    }
    SECTION("another key of the same name") {
        trust(chip, issue("Root", nullptr, {.authority = true}));
        CHECK(outcome(chip, pki.server) == "2C");
    }
    SECTION("zeros, as in a new chip") {
        CHECK(outcome(chip, pki.server) == "26");
    }
    SECTION("nothing") {
        chip.put(sim::ObjectId::trust_anchor_1, {});
        CHECK(outcome(chip, pki.server) == "26");
    }
    SECTION("another form than bare DER") {
        chip.put(sim::ObjectId::trust_anchor_1, sim::tls_identity(pki.root.der()));
        CHECK(outcome(chip, pki.server) == "26");
    }
    SECTION("no authority") {
        const Identity leaf = issue("Leaf", nullptr);
        trust(chip, leaf);
        CHECK(outcome(chip, issue("Server", &leaf)) == "26");
    }
    SECTION("no authority by its key usage") {
        const Identity leaf = issue("Leaf", nullptr, {.authority = true, .usage = "digitalSignature"});
        trust(chip, leaf);
        CHECK(outcome(chip, issue("Server", &leaf)) == "26");
    }
    SECTION("another curve") {
        const Identity other = issue("Root", nullptr, {.group = "P-521", .authority = true});
        trust(chip, other);
        CHECK(outcome(chip, issue("Server", &other)) == "28");
    }
    SECTION("in E0EF, unless that was decided") {
        chip.put(sim::ObjectId::trust_anchor_8, pki.root.der());
        CHECK(outcome(chip, pki.server) == "26");
        PlainChip other({.trust_anchors = {sim::ObjectId::trust_anchor_1, sim::ObjectId::trust_anchor_8}});
        other.put(sim::ObjectId::trust_anchor_8, pki.root.der());
        CHECK(outcome(other, pki.server).empty());
        trust(other, issue("Other", nullptr, {.authority = true}));
        CHECK(outcome(other, pki.server).empty());
    }
}

TEST_CASE("sim: certificates that the chip does not take end the handshake", "[dtls]") {
    const Pki pki;
    PlainChip chip;
    trust(chip, pki.root);
    SECTION("signed with SHA-384") {
        CHECK(outcome(chip, issue("Server", &pki.root, {.digest = EVP_sha384()})) == "2A");
    }
    SECTION("by an intermediate that is signed with SHA-384") {
        const Identity upper = issue("Upper", &pki.root, {.authority = true, .digest = EVP_sha384()});
        CHECK(outcome(chip, issue("Server", &upper), {&upper}) == "2A");
    }
    SECTION("by one that is no authority") {
        const Identity leaf = issue("Leaf", &pki.root);
        CHECK(outcome(chip, issue("Server", &leaf), {&leaf}) == "29");
    }
    SECTION("for other uses") {
        // libssl would not show it.
        const Identity other = issue("Server", &pki.root, {.usage = "critical,keyCertSign"});
        const sim::Bytes der = other.der();
        const sim::Bytes anchor = pki.root.der();
        const auto key = sim::dtls::check_chain(sim::Crypto{1}, {der}, {anchor}, std::nullopt);
        REQUIRE_FALSE(key);
        CHECK(key.error() == sim::ErrorCode::unsupported_certificate);
    }
    SECTION("with a critical extension that nobody knows") {
        CHECK(outcome(chip, issue("Server", &pki.root, {.critical_extension = "?"})) == "2A");
    }
    SECTION("longer than 1300 bytes") {
        const std::string long_name(900, 'x');
        CHECK(outcome(chip, issue("Server", &pki.root,
                                  {.usage = "digitalSignature", .alternative_name = ("DNS:" + long_name).c_str()}))
                  .empty());
        const std::string longer_name(1100, 'x');
        CHECK(outcome(chip, issue("Server", &pki.root,
                                  {.usage = "digitalSignature", .alternative_name = ("DNS:" + longer_name).c_str()})) ==
              "2A");
    }
}

TEST_CASE("sim: dates of certificates are checked when there is a time", "[dtls]") {
    const Identity root = issue("Root", nullptr, {.authority = true, .not_before = year_2020, .not_after = year_2040});
    const Identity upper =
        issue("Upper", &root, {.authority = true, .not_before = year_2020, .not_after = year_2040 - 10});
    const Identity server = issue("Server", &upper, {.not_before = year_2023, .not_after = year_2040 - 20});
    PlainChip chip;
    trust(chip, root);
    const auto at = [&](std::int64_t time) {
        return outcome(chip, server, {&upper}, static_cast<std::uint32_t>(time));
    };
    CHECK(at(year_2023).empty());
    CHECK(at(year_2023 - 1) == "2B");
    CHECK(at(year_2040 - 20).empty());
    CHECK(at(year_2040 - 19) == "2B");
    CHECK(outcome(chip, server, {&upper}, std::nullopt).empty());

    // The intermediate and the anchor, whatever the server's has.
    const Identity lasting = issue("Server", &upper, {.not_after = year_2040 + 1000});
    CHECK(outcome(chip, lasting, {&upper}, static_cast<std::uint32_t>(year_2040 - 10)).empty());
    CHECK(outcome(chip, lasting, {&upper}, static_cast<std::uint32_t>(year_2040 - 9)) == "2B");
    const Identity direct = issue("Server", &root, {.not_after = year_2040 + 1000});
    CHECK(outcome(chip, direct, {}, static_cast<std::uint32_t>(year_2040)).empty());
    CHECK(outcome(chip, direct, {}, static_cast<std::uint32_t>(year_2040 + 1)) == "27");

    PlainChip careless({.checks_dates = false});
    trust(careless, root);
    CHECK(outcome(careless, server, {&upper}, static_cast<std::uint32_t>(year_2023 - 1)).empty());
}

TEST_CASE("sim: two DTLS sessions with two keys run at one time", "[dtls]") {
    const Pki pki;
    const Identity authority = issue("Clients", nullptr, {.authority = true});
    const char* group = GENERATE("P-256", "P-384");
    const Identity client = issue("Client", &authority, {.group = group});
    // libssl only takes a certificate whose curve the client offers.
    PlainChip chip({.groups = {group_p256, group_p384}});
    trust(chip, pki.root);
    const auto curve = std::string_view{group} == "P-256" ? sim::Curve::p256 : sim::Curve::p384;
    chip.put_key(sim::ObjectId::key_4, curve, sim::usage::auth, client.scalar());
    chip.put(sim::ObjectId::certificate_4, client.der());

    DtlsServer one{pki.server, demanding_certificate(chip)};
    DtlsServer two{pki.server, {.request_certificate = true, .client_authority = authority.der()}};
    DtlsHost first{to(chip), one};
    DtlsHost second{to(chip), two, {.key = "E0F3", .session = "E103", .certificate = "E0E3"}};
    CHECK(first.handshake().empty());
    CHECK(second.handshake().empty());
    REQUIRE(one.connected());
    REQUIRE(two.connected());
    check_data(first, one);
    check_data(second, two);
    CHECK(first.close() == "00000000");
    check_data(second, two);
    CHECK(chip.error("1A610002E100") == "0B");
}

TEST_CASE("sim: the certificate that is shown is sent with its chain from every form of object", "[dtls]") {
    const Pki pki;
    const Identity root = issue("Clients", nullptr, {.authority = true});
    const Identity upper = issue("Upper", &root, {.authority = true});
    const Identity client = issue("Client", &upper);
    const auto tls_identity = [](const std::vector<sim::Bytes>& certificates) {
        sim::Bytes list;
        for (const auto& certificate : certificates) {
            list.push_back(0);
            sim::append_u16(list, certificate.size());
            sim::append(list, certificate);
        }
        sim::Bytes object{0xC0};
        sim::append_u16(object, list.size() + 3);
        object.push_back(0);
        sim::append_u16(object, list.size());
        sim::append(object, list);
        return object;
    };
    // The chain of USB Type-C begins at the root.
    const auto usb_identity = [](const std::vector<sim::Bytes>& certificates) {
        sim::Bytes chain(2 + 2 + 32);
        for (const auto& certificate : certificates) {
            sim::append(chain, certificate);
        }
        chain[0] = static_cast<std::uint8_t>(chain.size() & 0xFFU);
        chain[1] = static_cast<std::uint8_t>(chain.size() >> 8U);
        sim::Bytes object{0xC2};
        sim::append_u16(object, chain.size());
        sim::append(object, chain);
        return object;
    };
    bool whole_chain = true;
    std::size_t expected = 2;
    sim::Bytes object;
    sim::Bytes authority = root.der();
    SECTION("TLS identity") {
        object = tls_identity({client.der(), upper.der()});
    }
    SECTION("TLS identity with zeros behind it") {
        object = tls_identity({client.der(), upper.der()});
        object.resize(1728);
    }
    SECTION("USB Type-C identity") {
        object = usb_identity({upper.der(), client.der()});
    }
    SECTION("only the certificate of the key, when that was decided") {
        object = tls_identity({client.der(), upper.der()});
        whole_chain = false;
        expected = 1;
        authority = upper.der();
    }
    PlainChip chip({.sends_whole_chain = whole_chain});
    trust(chip, pki.root);
    chip.put_key(sim::ObjectId::key_1, sim::Curve::p256, sim::usage::auth, client.scalar());
    chip.put(sim::ObjectId{0xE0E2}, object);
    DtlsServer server{pki.server, {.request_certificate = true, .partial_chain = true, .client_authority = authority}};
    DtlsHost host{to(chip), server, {.certificate = "E0E2"}};
    CHECK(host.handshake().empty());
    REQUIRE(server.connected());
    CHECK(server.client_chain_size() == expected);
}

TEST_CASE("sim: a certificate that cannot be shown is refused, and another can be", "[dtls]") {
    const Pki pki;
    PlainChip chip;
    trust(chip, pki.root);
    chip.put(sim::ObjectId{0xE0E2}, from_hex("C00005000003AABBCC"));
    DtlsServer server{pki.server, demanding_certificate(chip)};
    DtlsHost host{[&](const std::string& hex) {
                      if (hex.substr(0, 4) == "1A0B") {
                          CHECK(chip.error("1A0B0007E100320002E0F0") == "01");
                          CHECK(chip.error("1A0B0007E100320002E0E8") == "01");
                          CHECK(chip.error("1A0B0007E100320002E0E1") == "29");
                          CHECK(chip.error("1A0B0007E100320002E0E2") == "29");
                          CHECK(chip.error("1A0B0007E100330002E0E0") == "05");
                          CHECK(chip.error("1A0B0006E100320001E0") == "05");
                          CHECK(chip.error("1A0B0006E100320002E0") == "04");
                      }
                      return chip.apdu(hex);
                  },
                  server};
    CHECK(host.handshake().empty());
    CHECK(server.connected());
}
