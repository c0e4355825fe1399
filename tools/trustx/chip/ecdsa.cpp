// SPDX-License-Identifier: Apache-2.0
#include "chip/ecdsa.hpp"

#include "common/files/input_error.hpp"
#include "common/openssl/handles.hpp"

#include <algorithm>

#include <openssl/err.h>
#include <openssl/objects.h>

namespace trustx::cli {
namespace {

openssl::Bignum number(ByteView big_endian) {
    return openssl::must<openssl::Bignum>(BN_bin2bn(big_endian.data(), static_cast<int>(big_endian.size()), nullptr));
}

void check(int libcrypto_result) {
    if (libcrypto_result != 1) {
        throw std::bad_alloc{};
    }
}

// Recovery holds one signature's numbers in the names of SEC 1 section 4.1.6: Q = r^-1 (sR - eG).
class Recovery {
 public:
    Recovery(Curve curve, const SignedDigest& signed_digest)
        : group_{openssl::must<openssl::EcGroup>(EC_GROUP_new_by_curve_name(OBJ_sn2nid(group_name(curve).data())))},
          context_{openssl::must<openssl::BignumContext>(BN_CTX_new())},
          prime_{openssl::must<openssl::Bignum>(BN_new())},
          r_{number(signed_digest.signature.r)},
          s_{number(signed_digest.signature.s)},
          e_{number(signed_digest.digest)} {
        check(EC_GROUP_get_curve(group_.get(), prime_.get(), nullptr, nullptr, context_.get()));
    }

    // A signature's numbers lie between 1 and the order of the curve.
    [[nodiscard]] bool plausible() const { return in_range(*r_) && in_range(*s_); }

    std::vector<PublicKey> candidates() {
        std::vector<PublicKey> keys;
        // R's x coordinate is r, or r + n where that still is a field element.
        const auto x = openssl::must<openssl::Bignum>(BN_dup(r_.get()));
        while (BN_cmp(x.get(), prime_.get()) < 0) {
            for (const int y_parity : {0, 1}) {
                if (auto key = candidate(*x, y_parity)) {
                    keys.push_back(std::move(*key));
                }
            }
            check(BN_add(x.get(), x.get(), order()));
        }
        return keys;
    }

 private:
    [[nodiscard]] const BIGNUM* order() const { return EC_GROUP_get0_order(group_.get()); }
    [[nodiscard]] bool in_range(const BIGNUM& value) const {
        return !BN_is_zero(&value) && BN_cmp(&value, order()) < 0;
    }

    std::optional<PublicKey> candidate(const BIGNUM& x, int y_parity) {
        const auto point = openssl::must<openssl::EcPoint>(EC_POINT_new(group_.get()));
        if (EC_POINT_set_compressed_coordinates(group_.get(), point.get(), &x, y_parity, context_.get()) != 1) {
            ERR_clear_error();
            return std::nullopt;  // no point of the curve has this x
        }
        const auto inverse = openssl::must<openssl::Bignum>(BN_mod_inverse(nullptr, r_.get(), order(), context_.get()));
        const auto base_factor = openssl::must<openssl::Bignum>(BN_new());
        const auto point_factor = openssl::must<openssl::Bignum>(BN_new());
        check(BN_mod_mul(base_factor.get(), e_.get(), inverse.get(), order(), context_.get()));
        check(BN_sub(base_factor.get(), order(), base_factor.get()));
        check(BN_mod_mul(point_factor.get(), s_.get(), inverse.get(), order(), context_.get()));
        const auto key = openssl::must<openssl::EcPoint>(EC_POINT_new(group_.get()));
        check(
            EC_POINT_mul(group_.get(), key.get(), base_factor.get(), point.get(), point_factor.get(), context_.get()));
        return public_key(*key);
    }

    std::optional<PublicKey> public_key(const EC_POINT& point) {
        if (EC_POINT_is_at_infinity(group_.get(), &point) == 1) {
            return std::nullopt;
        }
        const auto form = POINT_CONVERSION_UNCOMPRESSED;
        Bytes octets(EC_POINT_point2oct(group_.get(), &point, form, nullptr, 0, context_.get()));
        EC_POINT_point2oct(group_.get(), &point, form, octets.data(), octets.size(), context_.get());
        auto key = PublicKey::from_point(octets);
        return key ? std::optional{std::move(*key)} : std::nullopt;
    }

    openssl::EcGroup group_;
    openssl::BignumContext context_;
    openssl::Bignum prime_;
    openssl::Bignum r_;
    openssl::Bignum s_;
    openssl::Bignum e_;
};

Bytes magnitude(const BIGNUM* value) {
    Bytes bytes(static_cast<std::size_t>(BN_num_bytes(value)));
    BN_bn2bin(value, bytes.data());
    return bytes;
}

}  // namespace

Result<Signature> parse_signature(ByteView der, const std::string& name) {
    const auto* cursor = der.data();
    const openssl::EcdsaSignature signature{d2i_ECDSA_SIG(nullptr, &cursor, static_cast<long>(der.size()))};
    ERR_clear_error();
    const auto usable = [](const BIGNUM* value) {
        return BN_is_negative(value) == 0 && BN_is_zero(value) == 0 && BN_num_bytes(value) <= 48;
    };
    if (!signature || cursor != der.data() + der.size() || !usable(ECDSA_SIG_get0_r(signature.get())) ||
        !usable(ECDSA_SIG_get0_s(signature.get()))) {
        return fail(InputErrc::malformed,
                    name +
                        " is not an ECDSA signature in DER on P-256 or P-384, such as `trustx sign` "
                        "and `openssl dgst -sign` write");
    }
    return Signature{.r = magnitude(ECDSA_SIG_get0_r(signature.get())),
                     .s = magnitude(ECDSA_SIG_get0_s(signature.get()))};
}

bool verifies(const PublicKey& key, const SignedDigest& signed_digest) {
    const auto info = key.subject_public_key_info();
    const auto* cursor = info.data();
    const openssl::Pkey handle{d2i_PUBKEY(nullptr, &cursor, static_cast<long>(info.size()))};
    if (!handle) {
        ERR_clear_error();
        return false;
    }
    const auto context = openssl::must<openssl::PkeyContext>(EVP_PKEY_CTX_new(handle.get(), nullptr));
    const auto signature = signed_digest.signature.der();
    const bool good = EVP_PKEY_verify_init(context.get()) == 1 &&
                      EVP_PKEY_verify(context.get(), signature.data(), signature.size(), signed_digest.digest.data(),
                                      signed_digest.digest.size()) == 1;
    ERR_clear_error();
    return good;
}

std::vector<PublicKey> candidate_keys(Curve curve, const SignedDigest& signed_digest) {
    if (signed_digest.digest.size() > field_size(curve)) {
        return {};
    }
    Recovery recovery{curve, signed_digest};
    return recovery.plausible() ? recovery.candidates() : std::vector<PublicKey>{};
}

std::optional<PublicKey> recover_public_key(Curve curve, const SignedDigest& first, const SignedDigest& second) {
    auto keys = candidate_keys(curve, first);
    const auto others = candidate_keys(curve, second);
    std::erase_if(keys,
                  [&](const PublicKey& key) { return std::find(others.begin(), others.end(), key) == others.end(); });
    // The same check by other means: libcrypto's verification, which shares no code with the above.
    if (keys.size() != 1 || !verifies(keys.front(), first) || !verifies(keys.front(), second)) {
        return std::nullopt;
    }
    return keys.front();
}

}  // namespace trustx::cli
