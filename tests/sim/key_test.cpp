// SPDX-License-Identifier: Apache-2.0
// Keys: generating, signing, verifying, agreeing, deriving, authenticating (chip-commands.md sections 6.5 to 6.12).
#include "host.hpp"
#include "known_keys.hpp"
#include "model/crypto/crypto.hpp"
#include "model/crypto/der.hpp"
#include "model/crypto/sha256.hpp"
#include "support/catch.hpp"

using namespace trustx;
using namespace trustx::test;

namespace {

std::string text(const nlohmann::json& entry, const char* field) {
    return to_hex(from_hex(entry.at(field).get<std::string>()));
}

std::string golden_field(const char* id, const char* field) {
    return text(golden_apdu(id), field);
}

std::string bit_string(const std::string& point) {
    return to_hex(sim::der::public_key(from_hex(point)));
}

// point_in is the public point in the answer of GenKeyPair.
std::string point_in(const std::string& response) {
    const std::size_t p256_size = 2 * (1 + 2 * 32);
    const std::size_t p384_size = 2 * (1 + 2 * 48);
    const bool is_p256 = response.find("0342000") == response.size() - p256_size - 6;
    return response.substr(response.size() - (is_p256 ? p256_size : p384_size));
}

std::string generate(Host& host, const std::string& curve, const std::string& oid, const std::string& usage) {
    return point_in(host.apdu(command("38" + curve, tlv("01", oid) + tlv("02", usage))));
}

std::string sign(const std::string& oid, const std::string& digest) {
    return command("3111", tlv("01", digest) + tlv("03", oid));
}

std::string verify(const std::string& digest, const std::string& signature, const std::string& curve,
                   const std::string& point) {
    return command("3211", tlv("01", digest) + tlv("02", signature) + tlv("05", curve) + tlv("06", bit_string(point)));
}

const std::string digest32(64, 'A');
const std::string digest48(96, 'B');

}  // namespace

TEST_CASE("sim: a generated key signs, and the signature verifies with its public key only", "[key]") {
    Host host;
    const std::string curve = GENERATE("03", "04");
    const std::string& digest = curve == "03" ? digest32 : digest48;
    const std::string point = generate(host, curve, "E0F1", "10");
    CHECK(point.size() == (curve == "03" ? 130U : 194U));
    const std::string signature = host.apdu(sign("E0F1", digest)).substr(8);
    CHECK(host.apdu(verify(digest, signature, curve, point)) == "00000000");
    const std::string other = generate(host, curve, "E0F2", "10");
    CHECK(host.error(verify(digest, signature, curve, other)) == "2C");
    std::string wrong_digest = digest;
    wrong_digest[0] = '1';
    CHECK(host.error(verify(wrong_digest, signature, curve, point)) == "2C");
}

TEST_CASE("sim: the answer of GenKeyPair has exactly the size host libraries have room for", "[key]") {
    Host host;
    CHECK(host.apdu("38030009010002E0F302000113").substr(0, 22) == "0000004702004403420004");
    CHECK(host.apdu("38040009010002E0F302000113").substr(0, 22) == "0000006702006403620004");
    CHECK(host.apdu("38030003070000").substr(0, 18) == "0000006C0100220420");
    CHECK(host.apdu("38030003070000").size() == 2 * 112);
    CHECK(host.apdu("38040003070000").size() == 2 * 160);
}

TEST_CASE("sim: an exported key pair belongs together", "[key]") {
    Host host;
    const std::string response = host.apdu("38030003070000");
    const sim::Crypto crypto(std::nullopt);
    CHECK(to_hex(crypto.point_of(sim::Curve::p256, from_hex(response.substr(18, 64)))) == point_in(response));
}

TEST_CASE("sim: generating a key sets algorithm and usage in the metadata", "[key]") {
    Host host;
    CHECK(generate(host, "04", "E0F2", "30").size() == 194);
    CHECK(host.apdu("01010002E0F2") == "00000010200EC00101D003E1FC07E00104E10130");
}

TEST_CASE("sim: keys are only generated where the change condition allows", "[key]") {
    Host host;
    CHECK(host.error("38030009010002E0F002000110") == "07");
    CHECK(host.apdu("02010009E0F100002003C00107") == "00000000");
    CHECK(host.error("38030009010002E0F102000110") == "07");
    CHECK(host.error("38030009010002F1D002000110") == "01");
    CHECK(host.error("38030009010002E0F902000110") == "01");
    CHECK(host.error("38030009010002E0F202000100") == "24");
    CHECK(host.error("38030009010002E0F2020001C0") == "24");
    CHECK(host.error("38030005010002E0F2") == "05");
    CHECK(host.error("3803000A010003E0F20002000110") == "05");
    CHECK(host.error("380300090100FFE0F202000110") == "04");
}

TEST_CASE("sim: signing wants a key with the right usage and a digest of a legal size", "[key]") {
    Host host;
    CHECK(host.error(sign("E0F1", digest32)) == "05");  // no key yet
    static_cast<void>(generate(host, "03", "E0F1", "20"));
    CHECK(host.error(sign("E0F1", digest32)) == "24");
    static_cast<void>(generate(host, "03", "E0F1", "01"));
    CHECK(host.apdu(sign("E0F1", digest32)).substr(0, 6) == "000000");
    CHECK(host.error(sign("E0F1", std::string(18, '0'))) == "05");
    CHECK(host.apdu(sign("E0F1", std::string(20, '1'))).substr(0, 6) == "000000");
    CHECK(host.error(sign("E0F1", digest32 + "00")) == "05");
    CHECK(host.error(sign("F1D0", digest32)) == "01");
    CHECK(host.error(sign("E100", digest32)) == "05");
    CHECK(host.chip->counters().private_key_uses == 2);
}

TEST_CASE("sim: signatures of real chips verify", "[key]") {
    Host host;
    const nlohmann::json crypto_vectors = golden("crypto");
    for (const auto& vector : crypto_vectors.at("ecdsa_real_chip")) {
        CAPTURE(vector.at("id").get<std::string>());
        CHECK(host.apdu(verify(text(vector, "digest"), text(vector, "chip_signature"), "03",
                               text(vector, "public_point"))) == "00000000");
    }
    CHECK(host.apdu(golden_field("verify-hostkey", "cmd")) == "00000000");
    CHECK(host.apdu(golden_field("verify-bad", "cmd")) == golden_field("verify-bad", "rsp"));
    CHECK(host.apdu(golden_field("err-2c", "cmd")) == golden_field("err-2c", "rsp"));
    CHECK(host.apdu(golden_field("err-none", "cmd")) == golden_field("err-none", "rsp"));
}

TEST_CASE("sim: a signature that is no pair of numbers does not verify", "[key]") {
    Host host;
    const std::string point = generate(host, "03", "E0F1", "10");
    for (const char* nonsense : {"", "00", "0201", "020100020100", "0200", "FFFFFFFF"}) {
        CHECK(host.error(verify(digest32, nonsense, "03", point)) == "2C");
    }
    std::string off_curve = point;
    off_curve.back() = off_curve.back() == '0' ? '1' : '0';
    CHECK(host.error(verify(digest32, "020101020101", "03", off_curve)) == "05");
    CHECK(host.error(verify(digest32, "020101020101", "04", point)) == "05");
    CHECK(host.error(verify(digest32, "020101020101", "07", point)) == "05");
}

TEST_CASE("sim: a certificate object verifies only as bare DER and only with a signing key usage", "[key]") {
    Host host;
    const nlohmann::json vectors = golden("crypto");
    const std::string certificate = text(vectors.at("real_device_certificate"), "der");
    const auto verify_with = [&](const std::string& oid) {
        return command("3211", tlv("01", digest32) + tlv("02", "020101020101") + tlv("04", oid));
    };
    CHECK(host.error(verify_with("E0E0")) == "29");  // C0 form
    CHECK(host.error(verify_with("E0E1")) == "29");  // zeros
    CHECK(host.error(verify_with("F1D0")) == "01");
    CHECK(host.apdu(command("0240", "E0E10000" + certificate)) == "00000000");
    CHECK(host.error(verify_with("E0E1")) == "2C");  // parsed, and the signature is wrong
    CHECK(host.apdu(command("0240", "E0E20000" + certificate.substr(0, 400))) == "00000000");
    CHECK(host.error(verify_with("E0E2")) == "29");
}

TEST_CASE("sim: the signature of the factory key verifies with the factory certificate", "[key]") {
    Host host;
    const std::string signature = host.apdu(sign("E0F0", digest32)).substr(8);
    const std::string chain = host.apdu("01000006E0E000000611").substr(8);
    const std::string certificate = chain.substr(18);
    CHECK(chain.substr(0, 2) == "C0");
    CHECK(host.apdu(command("0240", "E0E10000" + certificate)) == "00000000");
    CHECK(host.apdu(command("3211", tlv("01", digest32) + tlv("02", signature) + tlv("04", "E0E1"))) == "00000000");
}

TEST_CASE("sim: shared secrets agree with RFC 5903", "[key]") {
    const auto vectors = golden("crypto").at("ecdh");
    Host host({.nvm = chip_with({{sim::ObjectId{0xE0F2}, sim::Curve::p256, 0x20, text(vectors[0], "priv_chip")},
                                 {sim::ObjectId::key_4, sim::Curve::p384, 0x20, text(vectors[1], "priv_chip")}})});
    CHECK(host.apdu(golden_field("ecdh-export", "cmd")) == golden_field("ecdh-export", "rsp"));
    CHECK(host.apdu(golden_field("ecdh-store-p384", "cmd")) == golden_field("ecdh-store-p384", "rsp"));
    CHECK(host.chip->counters().private_key_uses == 2);
    const auto agree = [&](const std::string& curve, const std::string& point) {
        return command("3301", tlv("01", "E0F2") + tlv("05", curve) + tlv("06", bit_string(point)) + "070000");
    };
    const std::string peer = text(vectors[0], "pub_host");
    CHECK(host.error(agree("04", peer)) == "05");
    CHECK(host.error(agree("03", peer.substr(0, 128) + "00")) == "05");
    static_cast<void>(generate(host, "03", "E0F2", "10"));
    CHECK(host.error(agree("03", peer)) == "24");
}

TEST_CASE("sim: session keys agree on a secret that feeds a key derivation", "[key]") {
    Host host;
    const std::string mine = generate(host, "03", "E100", "20");
    const std::string peer = generate(host, "03", "E101", "20");
    const auto agree = [&](const std::string& oid, const std::string& point, const std::string& target) {
        return command("3301", tlv("01", oid) + tlv("05", "03") + tlv("06", bit_string(point)) + target);
    };
    const std::string secret = host.apdu(agree("E100", peer, "070000")).substr(8);
    CHECK(host.apdu(agree("E101", mine, "070000")).substr(8) == secret);
    CHECK(host.apdu(agree("E100", peer, tlv("08", "E100"))) == "00000000");  // overwrites its own key
    CHECK(host.error(sign("E100", digest32)) == "05");
    const auto derive = [](const std::string& from, const std::string& target) {
        return command("3401", tlv("01", from) + tlv("02", "0102030405060708") + tlv("03", "0020") + target);
    };
    const std::string derived = host.apdu(derive("E100", "070000")).substr(8);
    const sim::Crypto crypto(std::nullopt);
    CHECK(derived == to_hex(crypto.prf(from_hex(secret), from_hex("0102030405060708"), 32)));
    CHECK(host.apdu(derive("E100", tlv("08", "E102"))) == "00000000");
    CHECK(host.apdu(derive("E102", "070000")).substr(0, 8) == "00000020");
    CHECK(host.chip->counters().private_key_uses == 0);
    CHECK(host.chip->counters().session_key_uses == 3);

    host.open_application();
    CHECK(host.error(derive("E102", "070000")) == "05");
}

TEST_CASE("sim: DeriveKey is the TLS 1.2 PRF and keeps to its limits", "[key]") {
    Host host;
    const auto vector = golden("crypto").at("tls12_prf_sha256").at(0);
    CHECK(host.apdu(command("0240", "F1D00000" + text(vector, "secret"))) == "00000000");
    CHECK(host.apdu(golden_field("derive-export", "cmd")) == golden_field("derive-export", "rsp"));
    const auto derive = [](const std::string& seed, const std::string& length, const std::string& target) {
        return command("3401", tlv("01", "F1D0") + tlv("02", seed) + tlv("03", length) + target);
    };
    const std::string seed(16, '5');
    CHECK(host.error(derive(seed, "000F", "070000")) == "05");
    CHECK(host.error(derive(seed, "0101", "070000")) == "05");
    CHECK(host.error(derive(seed, "0031", tlv("08", "E100"))) == "05");
    CHECK(host.error(derive("00112233445566", "0020", "070000")) == "05");
    CHECK(host.error(derive(seed, "0020", tlv("08", "F1D1"))) == "01");
    CHECK(host.error(command("3401", tlv("01", "E0E1") + tlv("02", seed) + tlv("03", "0020") + "070000")) == "01");
    CHECK(host.error(command("3401", tlv("01", "F1E0") + tlv("02", seed) + tlv("03", "0020") + "070000")) == "05");
}

TEST_CASE("sim: one-way authentication signs the hash of the challenge with the chosen key", "[auth]") {
    Host host;
    CHECK(host.error("18020000") == "0B");
    CHECK(host.error("190100080102030405060708") == "0B");
    CHECK(host.apdu(golden_field("scheme-auth", "cmd")) == golden_field("scheme-auth", "rsp"));
    CHECK(host.error("18020000") == "0B");
    CHECK(host.apdu(golden_field("authmsg-set", "cmd")) == golden_field("authmsg-set", "rsp"));
    const std::string response = host.apdu("18020000");
    CHECK(response.size() == 2 * (4 + 64));
    CHECK(host.error("18020000") == "0B");  // a challenge is answered once

    const std::string chain = host.apdu("01000006E0E000000611").substr(8);
    const sim::Crypto crypto(std::nullopt);
    const auto key = crypto.certificate_key(from_hex(chain.substr(18)));
    REQUIRE(key);
    const auto digest = sim::Sha256::of(from_hex("000102030405060708090A0B0C0D0E0F"));
    const auto r_and_s = sim::der::two_integers(from_hex(response.substr(8, 64)), from_hex(response.substr(72, 64)));
    CHECK(crypto.verify(key->curve, key->point, digest, r_and_s));
}

TEST_CASE("sim: one-way authentication refuses keys and challenges that do not fit", "[auth]") {
    Host host;
    CHECK(host.error("10910002F1FF") == "01");
    CHECK(host.error("10910002E0F1") == "05");
    static_cast<void>(generate(host, "03", "E0F1", "10"));
    CHECK(host.error("10910002E0F1") == "24");
    static_cast<void>(generate(host, "04", "E0F1", "01"));
    CHECK(host.error("10910002E0F1") == "24");
    CHECK(host.apdu("10910002E0F0") == "00000000");
    CHECK(host.error("1901000701020304050607") == "05");
    CHECK(host.error(command("1901", std::string(2 * 257, '0'))) == "05");
    CHECK(host.error("1802000100") == "04");
}

TEST_CASE("sim: hashes follow every sequence of the chip", "[hash]") {
    Host host({.profile = "B"});
    for (const char* id : {"hash-oneshot", "hash-start", "hash-final", "hash-oid", "hash-terminate"}) {
        CAPTURE(id);
        CHECK(host.apdu(golden_field(id, "cmd")) == golden_field(id, "rsp"));
    }
    CHECK(host.error("30E2000403000163") == "0B");
    CHECK(host.error("30E2000402000163") == "0B");
    // Keep: a digest in between does not end the hash.
    const auto digest = [](const char* message) {
        return "00000023" + std::string("010020") + to_hex(sim::Sha256::of(sim::to_bytes(std::string_view(message))));
    };
    CHECK(host.apdu("30E2000400000161") == "00000000");
    CHECK(host.apdu("30E2000405000162") == digest("ab"));
    CHECK(host.apdu("30E2000403000163") == digest("abc"));
    CHECK(host.apdu("30E20003010000") == digest(""));
}

TEST_CASE("sim: a hash context of 130 bytes leaves the chip and comes back", "[hash]") {
    Host host;
    const std::string exported = host.apdu("30E200080000026162070000");
    CHECK(exported.substr(0, 14) == "00000085060082");
    const std::string context = exported.substr(14);
    CHECK(context.size() == 260);
    CHECK(host.error("30E2000403000163") == "0B");  // it has left

    const std::string expected = "00000023010020" + to_hex(sim::Sha256::of(sim::to_bytes(std::string_view("abcd"))));
    const std::string resumed = host.apdu(command("30E2", "02000163" + tlv("06", context) + "070000")).substr(14);
    CHECK(host.apdu(command("30E2", "03000164" + tlv("06", resumed))) == expected);
    // Imported without export it goes on inside the chip.
    CHECK(host.apdu(command("30E2", "02000163" + tlv("06", context))) == "00000000");
    CHECK(host.apdu("30E2000403000164") == expected);

    for (std::size_t i = 0; i < context.size(); i += 2) {
        CAPTURE(i);
        std::string damaged = context;
        damaged[i] = damaged[i] == '0' ? '1' : '0';
        CHECK(host.error(command("30E2", "03000163" + tlv("06", damaged))) == "05");
    }
    CHECK(host.error(command("30E2", "03000163" + tlv("06", context.substr(2)))) == "05");
    CHECK(host.error(command("30E2", "00000163" + tlv("06", context))) == "05");
    CHECK(host.error("30E2000703000163070000") == "05");
}

TEST_CASE("sim: hashing an object keeps to its bounds and access", "[hash]") {
    Host host;
    CHECK(host.error("30E20009110006F1FF00000001") == "01");
    CHECK(host.error("30E20009110006E0C20000001C") == "08");
    CHECK(host.error("30E20009110006E0F000000001") == "07");
    CHECK(host.error("30E20006110003E0C200") == "04");
    CHECK(host.apdu("02010009F1D000002003D101FF") == "00000000");
    CHECK(host.error("30E20009110006F1D000000001") == "07");
}

TEST_CASE("sim: SHA-256 agrees with FIPS 180 on one block, two blocks and a million letters", "[hash]") {
    CHECK(to_hex(sim::Sha256::of(
              sim::to_bytes(std::string_view("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")))) ==
          "248D6A61D20638B8E5C026930C3E6039A33CE45964FF2167F6ECEDD419DB06C1");
    sim::Sha256 hash;
    const sim::Bytes thousand(1000, 'a');
    for (int i = 0; i < 1000; ++i) {
        hash.update(thousand);
    }
    CHECK(to_hex(hash.finish()) == "CDC76E5C9914FB9281A1C7E284D73E67F1809A48A497200E046D39CCC7112CD0");
}
