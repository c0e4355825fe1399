// SPDX-License-Identifier: Apache-2.0
// VerifySign and the one-way authentication.
#include "encoded.hpp"
#include "support/catch.hpp"

#include <trustx/commands.hpp>

using namespace trustx;

namespace {

struct RealSignature {
    Bytes digest;
    Signature signature;
    PublicKey key;

    explicit RealSignature(const std::string& id) {
        const auto crypto = test::golden("crypto");
        for (const auto& vector : crypto.at("ecdsa_real_chip")) {
            if (vector.at("id") == id) {
                digest = test::from_hex(vector.at("digest").get<std::string>());
                signature =
                    test::decoded(CalcSign{}, test::from_hex(vector.at("chip_signature").get<std::string>())).value();
                key = PublicKey::from_point(test::from_hex(vector.at("public_point").get<std::string>())).value();
            }
        }
    }
};

}  // namespace

TEST_CASE("VerifySign is encoded with a public key or a certificate object as a real chip accepted it", "[command]") {
    const RealSignature host_key{"cli-e0f3"};
    CHECK(test::encoded(VerifySign{host_key.digest, host_key.signature, host_key.key}).value() ==
          test::golden_command("verify-hostkey"));
    const RealSignature certificate{"cli-e0f0"};
    CHECK(test::encoded(VerifySign{certificate.digest, certificate.signature, ObjectId{0xE0E1}}).value() ==
          test::golden_command("verify-cert"));
}

TEST_CASE("VerifySign refuses digests and signatures that no key of the chip makes", "[command]") {
    const RealSignature real{"cli-e0f3"};
    const Bytes long_bytes(49, 0x11);
    CHECK(test::encoded(VerifySign{{}, real.signature, real.key}).error().code() == Errc::argument_invalid);
    CHECK(test::encoded(VerifySign{long_bytes, real.signature, real.key}).error().code() == Errc::argument_invalid);
    CHECK(test::encoded(VerifySign{real.digest, {long_bytes, real.signature.s}, real.key}).error().code() ==
          Errc::argument_invalid);
    CHECK(test::encoded(VerifySign{real.digest, {{}, real.signature.s}, real.key}).error().code() ==
          Errc::argument_invalid);
}

TEST_CASE("the one-way authentication is encoded as hosts were seen to encode it", "[command]") {
    CHECK(test::encoded(SetAuthScheme{object::device_key_1}).value() == test::golden_command("scheme-auth"));
    const auto challenge = test::from_hex("00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F");
    CHECK(test::encoded(SetAuthMsg{challenge}).value() == test::golden_command("authmsg-set"));
    CHECK(test::encoded(GetAuthMsg{}).value() == "18020000");
    CHECK(test::encoded(SetAuthMsg{ByteView{challenge}.first(7)}).error().code() == Errc::argument_invalid);
    CHECK(test::encoded(SetAuthMsg{Bytes(257)}).error().code() == Errc::argument_invalid);
}

TEST_CASE("an authentication message is two integers of fixed width", "[command]") {
    Bytes answer(64, 0x00);
    answer[1] = 0x42;
    answer[63] = 0x07;
    const auto signature = test::decoded(GetAuthMsg{}, answer).value();
    CHECK(signature.r.size() == 31);
    CHECK(to_hex(signature.s) == "07");
    CHECK(test::decoded(GetAuthMsg{}, ByteView{answer}.first(63)).error().code() == Errc::response_malformed);
    CHECK(test::decoded(GetAuthMsg{}, Bytes(64)).error().code() == Errc::response_malformed);
}
