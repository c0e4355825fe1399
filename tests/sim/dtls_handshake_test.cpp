// SPDX-License-Identifier: Apache-2.0
// Handshakes of the chip's DTLS client with libssl (chip-dtls.md sections 3 to 6 and 8).
#include "dtls_host.hpp"
#include "host.hpp"
#include "support/catch.hpp"

using namespace trustx;
using namespace trustx::test;

namespace {

// Pki is an authority whose certificate is the chip's trust anchor, and a server.
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

// check_data sends in both directions.
void check_data(DtlsHost& host, DtlsServer& server) {
    host.send("from the chip");
    CHECK(server.read() == "from the chip");
    const std::string plain = host.receive(server.write("from the server"));
    CHECK(plain.substr(0, 2) == "61");
    CHECK(plain.substr(6 + 26) == to_hex(sim::to_bytes(std::string_view("from the server"))));
}

}  // namespace

TEST_CASE("sim: the chip makes a DTLS handshake with libssl, shows its certificate, and exchanges data", "[dtls]") {
    const Pki pki;
    PlainChip chip;
    chip.put(sim::ObjectId::trust_anchor_1, pki.root.der());
    DtlsServer server{pki.server, demanding_certificate(chip)};
    DtlsHost host{to(chip), server};
    CHECK(host.handshake().empty());
    CHECK(host.alert() == -1);
    REQUIRE(server.connected());
    CHECK(server.client_has_shown_a_certificate());
    CHECK(chip.counters.private_key_uses == 1);
    check_data(host, server);
}
