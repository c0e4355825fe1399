// SPDX-License-Identifier: Apache-2.0
#include "chip_inventory.hpp"

#include "common/openssl/certificate.hpp"

#include <trustx/objects.hpp>

namespace trustx::provider {
namespace {

constexpr ObjectId first_data_object{0xF1D0};

// trimmed_der cuts a SubjectPublicKeyInfo out of an object that is longer than it.
ByteView trimmed_der(ByteView content) {
    constexpr std::size_t header = 2;
    if (content.size() < header || content[0] != 0x30 || content[1] > 0x7F || content.size() < header + content[1]) {
        return {};
    }
    return content.first(header + content[1]);
}

Outcome<Bytes> content_of(Chip& chip, ObjectId object) {
    return chip.locked("read object " + object.hex(),
                       [object](LockedDevice& device) { return trustx::read_object(device, object); });
}

std::optional<PublicKey> key_of_certificate(OSSL_LIB_CTX* libctx, const Bytes& der) {
    // In the application's context, decoding the key could call this provider again.
    ByteView following = der;
    const auto certificate = openssl::take_certificate(following, libctx);
    if (certificate == nullptr) {
        return std::nullopt;
    }
    auto key = PublicKey::from_subject_public_key_info(openssl::subject_public_key_info(certificate.get()));
    return key ? std::optional{std::move(*key)} : std::nullopt;
}

ObjectId paired_data_object(ObjectId slot) {
    return {static_cast<std::uint16_t>(first_data_object.value + (slot.value - object::device_key_1.value))};
}

Outcome<std::optional<PublicKey>> public_key_of(OSSL_LIB_CTX* libctx, Chip& chip, ObjectId slot, Curve curve) {
    if (const auto certificate = paired_certificate(slot)) {
        auto certificates = certificates_in(chip, *certificate, Content::expected);
        if (!certificates && certificates.error().reason == reason_of(Error{Errc::certificate_malformed})) {
            certificates.emplace();  // the key may still be in the data object
        }
        TRY(const auto found, std::move(certificates));
        if (!found.empty()) {
            if (auto key = key_of_certificate(libctx, found.front()); key && key->curve == curve) {
                return key;
            }
        }
    }
    TRY(const auto content, content_of(chip, paired_data_object(slot)));
    auto key = PublicKey::from_subject_public_key_info(trimmed_der(content));
    return key && key->curve == curve ? std::optional{std::move(*key)} : std::nullopt;
}

}  // namespace

Outcome<std::vector<Bytes>> certificates_in(Chip& chip, ObjectId object, Content content) {
    const auto read = [&](LockedDevice& device) -> Result<CertificateObject> {
        if (content == Content::unknown) {
            return read_certificates(device, object);
        }
        TRY(const auto bytes, read_object(device, object));
        return parse_certificate_object(bytes).during("object " + object.hex());
    };
    TRY(auto stored, chip.locked("read certificate object " + object.hex(), read));
    return std::move(stored.certificates);
}

Outcome<std::optional<KeyReference>> key_in(OSSL_LIB_CTX* libctx, Chip& chip, ObjectId slot) {
    TRY(const auto metadata, chip.run(GetMetadata{.object = slot}));
    if (!metadata.key_algorithm) {
        return std::nullopt;
    }
    TRY(const auto uid, chip.uid());
    TRY(auto key, public_key_of(libctx, chip, slot, *metadata.key_algorithm));
    if (!key) {
        const auto certificate = paired_certificate(slot);
        return fail(Reason::public_key_unknown, "key " + slot.hex() +
                                                    ": the chip does not tell it, and neither certificate object " +
                                                    (certificate ? certificate->hex() : std::string{"(none)"}) +
                                                    " nor data object " + paired_data_object(slot).hex() +
                                                    " holds one; use the PEM key reference, or write the "
                                                    "certificate to the chip");
    }
    return KeyReference{
        .key = slot, .public_key = std::move(*key), .coprocessor = uid, .device = chip.name(), .label = {}};
}

}  // namespace trustx::provider
