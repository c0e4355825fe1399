// SPDX-License-Identifier: Apache-2.0
#include "encoded.hpp"
#include "support/catch.hpp"

#include <trustx/commands.hpp>

using namespace trustx;

namespace {

const nlohmann::json& agreement(const std::string& curve) {
    static const auto vectors = test::golden("crypto");
    for (const auto& vector : vectors.at("ecdh")) {
        if (vector.at("curve") == curve) {
            return vector;
        }
    }
    throw std::runtime_error{"no vector"};
}

PublicKey peer(const std::string& curve) {
    return PublicKey::from_point(test::from_hex(agreement(curve).at("pub_host").get<std::string>())).value();
}

}  // namespace

TEST_CASE("CalcSSec returns the secret of RFC 5903, or leaves it in a session", "[command]") {
    const CalcSSec exported{.key = ObjectId{0xE0F2}, .peer = peer("P-256")};
    CHECK(test::encoded(exported).value() == test::golden_command("ecdh-export"));
    const auto secret = test::decoded(exported, test::golden_response("ecdh-export")).value();
    CHECK(to_hex(ByteView{secret}) ==
          trustx::to_hex(test::from_hex(agreement("P-256").at("shared_x").get<std::string>())));

    const CalcSSec stored{.key = ObjectId{0xE0F3}, .peer = peer("P-384"), .session = object::session_1};
    CHECK(test::encoded(stored).value() == test::golden_command("ecdh-store-p384"));
    CHECK(test::decoded(stored, {}).value().empty());
    CHECK(test::decoded(stored, test::golden_response("ecdh-export")).error().code() == Errc::response_malformed);
}

TEST_CASE("a secret cannot be left in an object that is no session", "[command]") {
    const CalcSSec wrong{.key = ObjectId{0xE0F2}, .peer = peer("P-256"), .session = ObjectId{0xF1D0}};
    CHECK(test::encoded(wrong).error().code() == Errc::argument_invalid);
}

TEST_CASE("a shared secret of another length is refused", "[command]") {
    const CalcSSec exported{.key = ObjectId{0xE0F2}, .peer = peer("P-384")};
    CHECK(test::decoded(exported, test::golden_response("ecdh-export")).error().code() == Errc::response_malformed);
}

TEST_CASE("DeriveKey is encoded as specified and keeps to the chip's limits", "[command]") {
    const auto apdu = test::golden_command("derive-export");
    const auto crypto = test::golden("crypto");
    const auto seed = test::from_hex(crypto.at("tls12_prf_sha256").at(0).at("label_and_seed").get<std::string>());
    const DeriveKey derive{.secret = ObjectId{0xF1D0}, .label_and_seed = seed, .length = 100};
    CHECK(test::encoded(derive).value() == apdu);
    CHECK(test::decoded(derive, test::golden_response("derive-export")).value().size() == 100);

    const auto refused = [&](const DeriveKey& command) {
        return test::encoded(command).error().code() == Errc::argument_invalid;
    };
    CHECK(refused({.secret = ObjectId{0xF1D0}, .label_and_seed = ByteView{seed}.first(7), .length = 48}));
    CHECK(refused({.secret = ObjectId{0xF1D0}, .label_and_seed = seed, .length = 15}));
    CHECK(refused({.secret = ObjectId{0xF1D0}, .label_and_seed = seed, .length = 257}));
    CHECK(refused({.secret = ObjectId{0xF1D0}, .label_and_seed = seed, .length = 49, .session = object::session_1}));
}

TEST_CASE("an exported key pair comes as scalar and point of the curve", "[command]") {
    const ExportKeyPair command{.curve = Curve::p256};
    CHECK(test::encoded(command).value() == test::golden_command("genkey-export"));
    const auto pair = test::decoded(command, test::golden_response("genkey-export")).value();
    CHECK(pair.private_key.size() == 32);
    CHECK(pair.public_key.point.size() == 65);
    CHECK(test::decoded(ExportKeyPair{.curve = Curve::p384}, test::golden_response("genkey-export")).error().code() ==
          Errc::response_malformed);
}
