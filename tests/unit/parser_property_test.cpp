// SPDX-License-Identifier: Apache-2.0
// Parsers against bytes that nobody meant to send: they may refuse, but they never crash, read out of bounds (the
// asan preset watches) or accept something that they would write differently.
#include "codec/byte_reader.hpp"
#include "codec/der.hpp"
#include "encoded.hpp"
#include "support/catch.hpp"
#include "support/known_tags.hpp"

#include <trustx/bus_address.hpp>
#include <trustx/commands.hpp>
#include <trustx/key_reference.hpp>
#include <trustx/objects.hpp>

#include <random>

using namespace trustx;

namespace {

constexpr int rounds = 20'000;

// Random makes bytes on the heap, in exactly their size, so that one byte too far is noticed.
class Random {
 public:
    std::uint8_t byte() { return static_cast<std::uint8_t>(engine_()); }
    std::size_t below(std::size_t limit) { return engine_() % limit; }

    Bytes bytes(std::size_t limit) {
        Bytes bytes(below(limit));
        for (std::uint8_t& one : bytes) {
            one = byte();
        }
        bytes.shrink_to_fit();
        return bytes;
    }

    // damaged changes, cuts or extends good bytes in one place.
    Bytes damaged(Bytes bytes) {
        switch (below(4)) {
            case 0:
                bytes[below(bytes.size())] = byte();
                break;
            case 1:
                bytes.resize(below(bytes.size()));
                break;
            case 2:
                bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(below(bytes.size())));
                break;
            default:
                bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(below(bytes.size())), byte());
                break;
        }
        bytes.shrink_to_fit();
        return bytes;
    }

 private:
    std::mt19937 engine_{20240229};
};

// parse_all feeds every parser and checks what it accepted.
void parse_all(const Bytes& bytes) {
    if (const auto response = parse_response_apdu(bytes)) {
        REQUIRE(response->data.size() + apdu_header_size == bytes.size());
    }
    if (const auto key = test::decoded(GenKeyPair{}, bytes)) {
        REQUIRE(key->point.size() == 1 + 2 * field_size(key->curve));
    }
    if (const auto signature = test::decoded(CalcSign{}, bytes)) {
        const Bytes der = signature->der();
        REQUIRE(std::equal(bytes.begin(), bytes.end(), der.end() - static_cast<std::ptrdiff_t>(bytes.size())));
    }
    if (const auto metadata = Metadata::parse(bytes)) {
        REQUIRE(Metadata::parse(metadata->encode()).value() == test::known_tags(*metadata));
        REQUIRE_FALSE(explain_access(metadata->change_access).empty());
    }
    if (const auto key = PublicKey::from_subject_public_key_info(bytes)) {
        REQUIRE(key->subject_public_key_info() == bytes);
    }
    if (const auto reference = KeyReference::from_der(bytes)) {
        REQUIRE(KeyReference::from_der(reference->to_der()).value() == *reference);
    }
    if (const auto object = parse_certificate_object(bytes);
        object && object->form != CertificateForm::usb_type_c && !object->certificates.empty()) {
        const Bytes content = encode_certificate_object(*object).value();
        REQUIRE(content.size() <= bytes.size());
        REQUIRE(std::equal(content.begin(), content.end(), bytes.begin()));
    }
    if (const auto address = BusAddress::parse({reinterpret_cast<const char*>(bytes.data()), bytes.size()})) {
        REQUIRE(BusAddress::parse(address->text()).value() == *address);
    }
    REQUIRE_FALSE(explain_access(bytes).empty());
}

std::vector<Bytes> samples() {
    const auto crypto = test::golden("crypto");
    const Bytes certificate = test::from_hex(crypto.at("real_device_certificate").at("der").get<std::string>());
    KeyReference reference;
    reference.key = ObjectId{0xE0F3};
    reference.public_key = test::decoded(GenKeyPair{}, test::golden_response("genkey-e0f3")).value();
    reference.coprocessor = Uid::from_bytes(test::golden_response("uid-c")).value();
    reference.label = "label";
    return {certificate,
            encode_certificate_object({CertificateForm::tls_identity, {certificate, certificate}}).value(),
            reference.to_der(),
            reference.public_key.subject_public_key_info(),
            test::golden_response("genkey-e0f3"),
            test::golden_response("sign-e0f3"),
            test::golden_response("getmeta-e0e1-complex"),
            test::from_hex(test::golden_apdu("uid-a").at("rsp").get<std::string>())};
}

}  // namespace

TEST_CASE("random bytes never break a parser", "[property]") {
    Random random;
    for (int round = 0; round < rounds; ++round) {
        parse_all(random.bytes(80));
    }
}

TEST_CASE("damaged good bytes never break a parser", "[property]") {
    Random random;
    const std::vector<Bytes> good = samples();
    for (int round = 0; round < rounds; ++round) {
        parse_all(random.damaged(good[random.below(good.size())]));
    }
}

TEST_CASE("signatures of any size survive the way from the chip to DER", "[property]") {
    Random random;
    for (int round = 0; round < rounds; ++round) {
        Bytes integers;
        Bytes magnitudes[2];
        for (Bytes& magnitude : magnitudes) {
            magnitude = random.bytes(48);
            magnitude.insert(magnitude.begin(), static_cast<std::uint8_t>(random.byte() | 1));
            der::append_unsigned_integer(integers, magnitude);
        }
        const auto signature = test::decoded(CalcSign{}, integers);
        REQUIRE(signature);
        REQUIRE(signature->r == magnitudes[0]);
        REQUIRE(signature->s == magnitudes[1]);
    }
}
