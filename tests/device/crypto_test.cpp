// SPDX-License-Identifier: Apache-2.0
// Keys and cryptography on a whole chip, each answer checked by OpenSSL. Keys are in session objects.
#include "chip.hpp"
#include "reference_crypto.hpp"
#include "support/catch.hpp"

using namespace trustx;
using test::Chip;
using test::counting;
using test::Restored;
using test::value;
namespace reference = test::reference;

namespace {

constexpr std::array both_curves{Curve::p256, Curve::p384};

struct SessionKey {
    SessionLease lease;
    PublicKey public_key;
};

SessionKey make_session_key(Device& device, Curve curve, KeyUsage usage) {
    auto lease = value(device.lease_session());
    auto public_key = value(device.run(GenKeyPair{.key = lease.object(), .curve = curve, .usage = usage}));
    return {std::move(lease), std::move(public_key)};
}

}  // namespace

TEST_CASE("a signature of the chip verifies, and another one does not", "[device]") {
    const Chip chip;
    for (const auto curve : both_curves) {
        INFO(curve_name(curve));
        const auto key = make_session_key(*chip, curve, KeyUsage::sign | KeyUsage::authentication);
        const auto digest = counting(field_size(curve), 3);
        const auto signature = value(chip->run(CalcSign{.key = key.lease.object(), .digest = digest}));
        const auto here = reference::from_public(key.public_key);
        CHECK(reference::verifies(here.get(), digest, signature));
        CHECK(chip->run(VerifySign{.digest = digest, .signature = signature, .key = key.public_key}));

        auto other = digest;
        other.back() ^= 1U;
        CHECK_FALSE(reference::verifies(here.get(), other, signature));
        const auto refused = chip->run(VerifySign{.digest = other, .signature = signature, .key = key.public_key});
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code() == ChipError::signature_verification_failure);
    }
}

TEST_CASE("an exported key pair is a pair", "[device]") {
    const Chip chip;
    for (const auto curve : both_curves) {
        INFO(curve_name(curve));
        const auto pair = value(chip->run(ExportKeyPair{.curve = curve}));
        CHECK(pair.private_key.size() == field_size(curve));
        CHECK_NOTHROW(reference::from_private(pair.private_key, pair.public_key));
    }
}

TEST_CASE("the chip and OpenSSL agree on the same secret", "[device]") {
    const Chip chip;
    for (const auto curve : both_curves) {
        INFO(curve_name(curve));
        const auto key = make_session_key(*chip, curve, KeyUsage::key_agreement);
        const auto peer = reference::generate(curve);
        const auto on_chip =
            value(chip->run(CalcSSec{.key = key.lease.object(), .peer = reference::public_of(peer.get())}));
        const auto here = reference::agree(peer.get(), reference::from_public(key.public_key).get());
        CHECK(Bytes(on_chip.begin(), on_chip.end()) == here);
    }
}

TEST_CASE("keys derived from a secret that stays on the chip are those of the TLS 1.2 PRF", "[device]") {
    const Chip chip;
    const auto key = make_session_key(*chip, Curve::p256, KeyUsage::key_agreement);
    const auto secret = value(chip->lease_session());
    const auto peer = reference::generate(Curve::p256);
    REQUIRE(chip->run(
        CalcSSec{.key = key.lease.object(), .peer = reference::public_of(peer.get()), .session = secret.object()}));
    const auto here = reference::agree(peer.get(), reference::from_public(key.public_key).get());
    const std::string text = "master secret of a test with a seed";
    const Bytes label_and_seed(text.begin(), text.end());
    for (const int size : {16, 48, 255}) {
        const auto length = static_cast<std::uint16_t>(size);
        const auto derived =
            value(chip->run(DeriveKey{.secret = secret.object(), .label_and_seed = label_and_seed, .length = length}));
        CHECK(Bytes(derived.begin(), derived.end()) == reference::tls_prf(here, label_and_seed, length));
    }
}

TEST_CASE("a digest made in many commands, with another hash in between, is right", "[device]") {
    const Chip chip;
    const auto message = counting(3000);
    const ByteView all{message};
    constexpr std::size_t step = 640;
    Bytes context;
    for (std::size_t at = 0; at + step < all.size(); at += step) {
        const bool first = at == 0;
        context = value(chip->run(CalcHash{.sequence = first ? CalcHash::Sequence::start : CalcHash::Sequence::proceed,
                                           .data = all.subspan(at, step),
                                           .import_context = context,
                                           .export_context = true}))
                      .context;
        REQUIRE(context.size() == CalcHash::context_size);
        REQUIRE(chip->run(CalcHash{.data = all.first(7)}));
    }
    const auto last = all.subspan(all.size() / step * step);
    const auto digest =
        value(chip->run(CalcHash{.sequence = CalcHash::Sequence::final, .data = last, .import_context = context}));
    CHECK(digest.digest == reference::sha256(message));
}

TEST_CASE("an object is hashed without leaving the chip", "[device]") {
    const Chip chip;
    constexpr ObjectId object{0xF1E0};
    const Restored restored{*chip, object};
    const auto content = counting(1500, 9);
    {
        auto locked = value(chip->lock());
        REQUIRE(write_object(locked, object, content));
    }
    const auto digest = value(chip->run(CalcHash{.data = CalcHash::ObjectSlice{object, 100, 1400}}));
    CHECK(digest.digest == reference::sha256(ByteView{content}.subspan(100)));
}

TEST_CASE("the chip proves that it is what its certificate says", "[device]") {
    const Chip chip;
    auto locked = value(chip->lock());
    const auto stored = value(read_object(locked, object::certificate_1));
    const auto certificates = value(parse_certificate_object(stored)).certificates;
    REQUIRE_FALSE(certificates.empty());
    const auto challenge = counting(32, 77);
    REQUIRE(locked.run(SetAuthScheme{.key = object::device_key_1}));
    REQUIRE(locked.run(SetAuthMsg{.challenge = challenge}));
    const auto proof = value(locked.run(GetAuthMsg{}));
    const auto key = reference::of_certificate(certificates.front());
    CHECK(reference::verifies(key.get(), reference::sha256(challenge), proof));
}
