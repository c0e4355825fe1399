// SPDX-License-Identifier: Apache-2.0
// The commands of the chip's DTLS client, against a recorded run (tests/golden/dtls_handshake.json).
#include "encoded.hpp"
#include "support/catch.hpp"

#include <trustx/commands.hpp>

#include <string>

using namespace trustx;

namespace {

constexpr ObjectId session = object::session_1;

// Pair is one command of the recording with its answer.
struct Pair {
    std::string command;
    Bytes response;  // its data
    Bytes data;      // of the command, behind the session
};

// pair finds the index-th command of this name.
Pair pair(const std::string& name, int index = 0) {
    const auto golden = test::golden("dtls_handshake");
    for (const auto& entry : golden.at("apdus")) {
        if (entry.at("name") == name && index-- == 0) {
            const auto command = test::from_hex(entry.at("cmd").get<std::string>());
            const auto response = test::from_hex(entry.at("rsp").get<std::string>());
            return {
                test::to_hex(command), {response.begin() + 4, response.end()}, {command.begin() + 6, command.end()}};
        }
    }
    throw std::runtime_error{"no " + name + " in the recording"};
}

// The value of the one TLV in bytes.
ByteView value(ByteView bytes) {
    return bytes.subspan(3);
}

template <class Command>
void check_refused(const Command& command, ByteView answer) {
    const auto refused = test::decoded(command, answer);
    CAPTURE(to_hex(answer));
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == Errc::response_malformed);
}

}  // namespace

TEST_CASE("the DTLS client of the chip is begun and closed as recorded", "[command][dtls]") {
    CHECK(test::encoded(StartDtlsClient{.key = object::device_key_1, .session = session}).value() ==
          pair("SetAuthScheme DTLS client").command);
    CHECK(test::encoded(CloseSession{.session = session}).value() == pair("ProcUpLinkMsg close session").command);
    CHECK(test::encoded(StartDtlsClient{.key = object::device_key_1, .session = ObjectId{0xE0F1}}).error() ==
          Errc::argument_invalid);
}

TEST_CASE("the client's handshake messages are asked for as recorded", "[command][dtls]") {
    using Get = GetHandshakeMessage;
    const auto check = [](const auto& command, const std::string& name) {
        CAPTURE(name);
        const auto recorded = pair(name);
        CHECK(test::encoded(command).value() == recorded.command);
        const auto part = test::decoded(command, recorded.response);
        REQUIRE(part);
        CHECK(part->last);
        CHECK(to_hex(part->bytes) == to_hex(value(recorded.response)));
    };
    check(Get{.session = session, .unix_time = 1'700'000'000}, "ProcUpLinkMsg ClientHello");
    check(Get{.session = session, .message = Get::Message::client_hello_with_cookie, .unix_time = 1},
          "ProcUpLinkMsg ClientHello+cookie");
    check(Get{.session = session, .message = Get::Message::certificate, .certificate = object::certificate_1},
          "ProcUpLinkMsg Certificate");
    check(Get{.session = session, .message = Get::Message::client_key_exchange}, "ProcUpLinkMsg ClientKeyExchange");
    check(GetCertificateVerify{.session = session}, "ProcUpLinkMsg CertificateVerify");
    check(Get{.session = session, .message = Get::Message::finished}, "ProcUpLinkMsg Finished");
    CHECK(test::encoded(Get{.session = session}).value() == "1A010002E100");
    CHECK(test::encoded(Get{.session = session, .message = Get::Message::certificate}).value() == "1A0B0002E100");
}

TEST_CASE("a part of a handshake message says whether it is the last", "[command][dtls]") {
    const GetHandshakeMessage command{.session = session};
    const std::string header = "0B0000140002000000000001AA";
    CHECK(test::decoded(command, test::from_hex("61000D" + header)).value().last);
    CHECK_FALSE(test::decoded(command, test::from_hex("60000D" + header)).value().last);
    CHECK_FALSE(test::decoded(command, test::from_hex("62000D" + header)).value().last);
    for (const std::string tag_and_length : {"51000D", "61000C", "61000E", "31000D"}) {
        check_refused(command, test::from_hex(tag_and_length + header));
    }
    check_refused(command, test::from_hex("61000B0B00001400020000000000"));
    check_refused(command, {});
}

TEST_CASE("the server's handshake messages are handed over as recorded", "[command][dtls]") {
    for (const std::string name : {"HelloVerifyRequest", "ServerHello", "Certificate", "ServerKeyExchange",
                                   "CertificateRequest", "ServerHelloDone"}) {
        CAPTURE(name);
        const auto recorded = pair("ProcDownLinkMsg " + name);
        const PutHandshakeMessage command{.session = session, .message = value(recorded.data)};
        CHECK(test::encoded(command).value() == recorded.command);
        CHECK(test::decoded(command, recorded.response));
    }
    CHECK(test::encoded(PutHandshakeMessage{.session = session, .message = Bytes(12 + 1536)}));
    CHECK(test::encoded(PutHandshakeMessage{.session = session, .message = Bytes(12 + 1537)}).error() ==
          Errc::argument_invalid);
    CHECK(test::encoded(PutHandshakeMessage{.session = session, .message = Bytes(11)}).error() ==
          Errc::argument_invalid);
}

TEST_CASE("records are encrypted as recorded, and an answer about another record is refused", "[command][dtls]") {
    const auto recorded = pair("ProcUpLinkMsg encrypt record", 1);
    const auto plain = value(recorded.data);
    const EncryptRecord command{.session = session, .type = 23, .number = 1, .payload = plain.subspan(13)};
    CHECK(test::encoded(command).value() == recorded.command);
    CHECK(to_hex(test::decoded(command, recorded.response).value()) == to_hex(value(recorded.response)));

    check_refused(EncryptRecord{.session = session, .type = 23, .number = 2, .payload = plain.subspan(13)},
                  recorded.response);
    check_refused(EncryptRecord{.session = session, .type = 22, .number = 1, .payload = plain.subspan(13)},
                  recorded.response);
    check_refused(EncryptRecord{.session = session, .type = 23, .number = 1, .payload = Bytes(10)}, recorded.response);
    check_refused(command, ByteView{recorded.response}.first(recorded.response.size() - 1));
    check_refused(command, {});
}

TEST_CASE("a record has 48 bits for its number and carries no more than the chip takes", "[command][dtls]") {
    CHECK(test::encoded(EncryptRecord{.session = session, .type = 23, .number = 0xFFFF'FFFF'FFFF, .payload = {}})
              .value() == "1A610012E10061000D17FEFD0001FFFFFFFFFFFF0000");
    CHECK(test::encoded(EncryptRecord{.session = session, .number = 0x1'0000'0000'0000, .payload = {}}).error() ==
          Errc::argument_invalid);
    CHECK(test::encoded(EncryptRecord{.session = session, .payload = Bytes(1535)}));
    CHECK(test::encoded(EncryptRecord{.session = session, .payload = Bytes(1536)}).error() == Errc::argument_invalid);
}

TEST_CASE("records are decrypted as recorded, and an answer about another record is refused", "[command][dtls]") {
    const auto recorded = pair("ProcDownLinkMsg decrypt record", 1);
    const DecryptRecord command{.session = session, .record = value(recorded.data)};
    CHECK(test::encoded(command).value() == recorded.command);
    const auto plain = test::decoded(command, recorded.response).value();
    CHECK(to_hex(plain) == to_hex(value(recorded.response).subspan(13)));

    Bytes other = recorded.response;
    other.at(3 + 10) ^= 1;  // its number
    check_refused(command, other);
    check_refused(command, ByteView{recorded.response}.first(recorded.response.size() - 1));
    check_refused(command, {});
    CHECK(test::encoded(DecryptRecord{.session = session, .record = Bytes(28)}).error() == Errc::argument_invalid);
    CHECK(test::encoded(DecryptRecord{.session = session, .record = Bytes(1548)}));
    CHECK(test::encoded(DecryptRecord{.session = session, .record = Bytes(1549)}).error() == Errc::argument_invalid);
}
