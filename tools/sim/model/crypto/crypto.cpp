// SPDX-License-Identifier: Apache-2.0
// Signing is written out on the group arithmetic because libcrypto chooses its own nonce, which must depend on
// `--seed`; libcrypto verifies, which also checks the signing.
#include "model/crypto/crypto.hpp"

#include "common/openssl/handles.hpp"
#include "model/crypto/der.hpp"
#include "model/crypto/sha256.hpp"

#include <array>
#include <stdexcept>
#include <string>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace trustx::sim {

namespace {

using openssl::Handle;
using openssl::must;
using Number = Handle<BIGNUM, BN_clear_free>;
using Point = Handle<EC_POINT, EC_POINT_clear_free>;
using Kdf = Handle<EVP_KDF, EVP_KDF_free>;
using KdfContext = Handle<EVP_KDF_CTX, EVP_KDF_CTX_free>;

// require turns the failures that only happen when memory runs out, or by a mistake in this file, into an exception.
void require(bool good, const char* what) {
    if (!good) {
        throw std::runtime_error(std::string{"libcrypto failed in "} + what);
    }
}

template <class Pointer>
Pointer require_object(Pointer object, const char* what) {
    require(object != nullptr, what);
    return object;
}

const char* group_name(Curve curve) {
    return curve == Curve::p256 ? "P-256" : "P-384";
}

// RandomSource yields the operating system's random bytes, with a seed SHA-256 in counter mode, or what it is given.
class RandomSource {
 public:
    RandomSource(OSSL_LIB_CTX* library, std::optional<std::uint64_t> seed) : library_{library}, seed_{seed} {}
    RandomSource(OSSL_LIB_CTX* library, Crypto::Random given) : library_{library}, given_{std::move(given)} {}

    Bytes take(std::size_t count) {
        if (given_) {
            return given_(count);
        }
        Bytes bytes(count);
        if (!seed_) {
            require(count == 0 || RAND_bytes_ex(library_, bytes.data(), count, 0) == 1, "RAND_bytes_ex");
            return bytes;
        }
        for (auto& byte : bytes) {
            if (used_ == block_.size()) {
                next_block();
            }
            byte = block_[used_++];
        }
        return bytes;
    }

 private:
    void next_block() {
        const std::string text = "trustx-sim random " + std::to_string(*seed_) + " " + std::to_string(counter_++);
        block_ = Sha256::of(to_bytes(text));
        used_ = 0;
    }

    OSSL_LIB_CTX* library_;
    std::optional<std::uint64_t> seed_;
    Crypto::Random given_;
    std::uint64_t counter_ = 0;
    Sha256::Digest block_{};
    std::size_t used_ = 32;
};

// Arithmetic is one curve with scratch space for numbers.
class Arithmetic {
 public:
    Arithmetic(OSSL_LIB_CTX* library, Curve curve)
        : curve_{curve},
          group_{require_object(EC_GROUP_new_by_curve_name_ex(
                                    library, nullptr, curve == Curve::p256 ? NID_X9_62_prime256v1 : NID_secp384r1),
                                "EC_GROUP_new_by_curve_name_ex")},
          context_{must<openssl::BignumContext>(BN_CTX_new_ex(library))} {}

    [[nodiscard]] const BIGNUM* order() const { return EC_GROUP_get0_order(group_.get()); }
    [[nodiscard]] BN_CTX* context() const { return context_.get(); }

    [[nodiscard]] static Number number(ByteView bytes) {
        return must<Number>(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
    }
    [[nodiscard]] static Number number() { return must<Number>(BN_new()); }

    [[nodiscard]] Bytes bytes(const BIGNUM* value) const {
        Bytes padded(field_size(curve_));
        require(BN_bn2binpad(value, padded.data(), static_cast<int>(padded.size())) >= 0, "BN_bn2binpad");
        return padded;
    }

    // multiply is scalar times base, where no base means the generator.
    [[nodiscard]] Point multiply(const BIGNUM* scalar, const EC_POINT* base = nullptr) const {
        auto product = must<Point>(EC_POINT_new(group_.get()));
        const int done = base == nullptr
                             ? EC_POINT_mul(group_.get(), product.get(), scalar, nullptr, nullptr, context_.get())
                             : EC_POINT_mul(group_.get(), product.get(), nullptr, base, scalar, context_.get());
        require(done == 1, "EC_POINT_mul");
        return product;
    }

    // point is nullptr when the bytes are no point of the curve.
    [[nodiscard]] Point point(ByteView encoded) const {
        auto decoded = must<Point>(EC_POINT_new(group_.get()));
        if (EC_POINT_oct2point(group_.get(), decoded.get(), encoded.data(), encoded.size(), context_.get()) != 1 ||
            EC_POINT_is_at_infinity(group_.get(), decoded.get()) == 1) {
            ERR_clear_error();
            return nullptr;
        }
        return decoded;
    }

    [[nodiscard]] Bytes encode(const EC_POINT* point) const {
        Bytes encoded(1 + 2 * field_size(curve_));
        require(EC_POINT_point2oct(group_.get(), point, POINT_CONVERSION_UNCOMPRESSED, encoded.data(), encoded.size(),
                                   context_.get()) == encoded.size(),
                "EC_POINT_point2oct");
        return encoded;
    }

    [[nodiscard]] Number x_of(const EC_POINT* point) const {
        Number x = number();
        require(EC_POINT_get_affine_coordinates(group_.get(), point, x.get(), nullptr, context_.get()) == 1,
                "EC_POINT_get_affine_coordinates");
        return x;
    }

    // draw is a number in [1, order - 1], by rejection (FIPS 186-5 appendix A.2.2).
    [[nodiscard]] Number draw(RandomSource& source) const {
        for (;;) {
            Number candidate = number(source.take(field_size(curve_)));
            if (BN_is_zero(candidate.get()) == 0 && BN_cmp(candidate.get(), order()) < 0) {
                return candidate;
            }
        }
    }

 private:
    Curve curve_;
    openssl::EcGroup group_;
    openssl::BignumContext context_;
};

openssl::Pkey import_public_key(OSSL_LIB_CTX* library, Curve curve, ByteView point) {
    std::string name = group_name(curve);
    Bytes encoded = to_bytes(point);
    std::array<OSSL_PARAM, 3> parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name.data(), 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, encoded.data(), encoded.size()),
        OSSL_PARAM_construct_end()};
    const openssl::PkeyContext context{require_object(EVP_PKEY_CTX_new_from_name(library, "EC", nullptr), "EC keys")};
    EVP_PKEY* key = nullptr;
    require(EVP_PKEY_fromdata_init(context.get()) == 1, "EVP_PKEY_fromdata_init");
    if (EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.data()) != 1) {
        ERR_clear_error();
    }
    return openssl::Pkey{key};
}

// The limits of the chip's certificate parser (chip-objects.md section 7).
constexpr std::size_t max_certificate_size = 1300;
constexpr int max_serial_size = 20;

bool ecdsa_without_parameters(const X509_ALGOR* algorithm) {
    const ASN1_OBJECT* object = nullptr;
    int parameter_type = V_ASN1_UNDEF;
    X509_ALGOR_get0(&object, &parameter_type, nullptr, algorithm);
    return OBJ_obj2nid(object) == NID_ecdsa_with_SHA256 && parameter_type == V_ASN1_UNDEF;
}

std::optional<Curve> curve_of(const EVP_PKEY* key) {
    std::array<char, 32> name{};
    std::size_t length = 0;
    if (EVP_PKEY_get_group_name(key, name.data(), name.size(), &length) != 1) {
        return std::nullopt;
    }
    const std::string_view group{name.data(), length};
    if (group == "prime256v1" || group == "P-256") {
        return Curve::p256;
    }
    if (group == "secp384r1" || group == "P-384") {
        return Curve::p384;
    }
    return std::nullopt;
}

}  // namespace

struct Crypto::Parts {
    template <class Source>
    explicit Parts(Source source)
        : library{must<openssl::LibraryContext>(OSSL_LIB_CTX_new())},
          provider{require_object(OSSL_PROVIDER_load(library.get(), "default"), "OSSL_PROVIDER_load")},
          random{library.get(), std::move(source)},
          p256{library.get(), Curve::p256},
          p384{library.get(), Curve::p384} {}

    [[nodiscard]] const Arithmetic& arithmetic(Curve curve) const { return curve == Curve::p256 ? p256 : p384; }

    openssl::LibraryContext library;
    openssl::Provider provider;
    RandomSource random;
    Arithmetic p256;
    Arithmetic p384;
};

Crypto::Crypto(std::optional<std::uint64_t> seed) : parts_{std::make_unique<Parts>(seed)} {}
Crypto::Crypto(Random random) : parts_{std::make_unique<Parts>(std::move(random))} {}
Crypto::~Crypto() = default;

Bytes Crypto::random(std::size_t count) {
    return parts_->random.take(count);
}

KeyPair Crypto::generate(Curve curve) {
    const Arithmetic& arithmetic = parts_->arithmetic(curve);
    const Number scalar = arithmetic.draw(parts_->random);
    return {arithmetic.bytes(scalar.get()), arithmetic.encode(arithmetic.multiply(scalar.get()).get())};
}

Bytes Crypto::point_of(Curve curve, ByteView scalar) const {
    const Arithmetic& arithmetic = parts_->arithmetic(curve);
    return arithmetic.encode(arithmetic.multiply(Arithmetic::number(scalar).get()).get());
}

Signature Crypto::sign(Curve curve, ByteView scalar, ByteView digest) {
    // FIPS 186-5 section 6.4.1: r = x(kG) mod n, s = (e + r d) / k mod n, again with another k when one is zero.
    const Arithmetic& arithmetic = parts_->arithmetic(curve);
    const Number d = Arithmetic::number(scalar);
    const Number e = Arithmetic::number(digest);
    for (;;) {
        const Number k = arithmetic.draw(parts_->random);
        const Number x = arithmetic.x_of(arithmetic.multiply(k.get()).get());
        const Number r = Arithmetic::number();
        const Number s = Arithmetic::number();
        const auto inverse = must<Number>(BN_mod_inverse(nullptr, k.get(), arithmetic.order(), arithmetic.context()));
        const bool computed =
            BN_nnmod(r.get(), x.get(), arithmetic.order(), arithmetic.context()) == 1 &&
            BN_mod_mul(s.get(), r.get(), d.get(), arithmetic.order(), arithmetic.context()) == 1 &&
            BN_mod_add(s.get(), s.get(), e.get(), arithmetic.order(), arithmetic.context()) == 1 &&
            BN_mod_mul(s.get(), s.get(), inverse.get(), arithmetic.order(), arithmetic.context()) == 1;
        require(computed, "ECDSA");
        if (BN_is_zero(r.get()) == 0 && BN_is_zero(s.get()) == 0) {
            return {arithmetic.bytes(r.get()), arithmetic.bytes(s.get())};
        }
    }
}

bool Crypto::verify(Curve curve, ByteView point, ByteView digest, ByteView two_integers) const {
    const openssl::Pkey key = import_public_key(parts_->library.get(), curve, point);
    if (!key) {
        return false;
    }
    const Bytes sequence = der::sequence({two_integers});
    const auto context =
        must<openssl::PkeyContext>(EVP_PKEY_CTX_new_from_pkey(parts_->library.get(), key.get(), nullptr));
    require(EVP_PKEY_verify_init(context.get()) == 1, "EVP_PKEY_verify_init");
    const int result = EVP_PKEY_verify(context.get(), sequence.data(), sequence.size(), digest.data(), digest.size());
    ERR_clear_error();
    return result == 1;
}

bool Crypto::on_curve(Curve curve, ByteView point) const {
    return parts_->arithmetic(curve).point(point) != nullptr;
}

std::optional<Bytes> Crypto::shared_secret(Curve curve, ByteView scalar, ByteView point) const {
    const Arithmetic& arithmetic = parts_->arithmetic(curve);
    const Point peer = arithmetic.point(point);
    if (!peer) {
        return std::nullopt;
    }
    const Point shared = arithmetic.multiply(Arithmetic::number(scalar).get(), peer.get());
    return arithmetic.bytes(arithmetic.x_of(shared.get()).get());
}

Bytes Crypto::prf(ByteView secret, ByteView seed, std::size_t length) const {
    std::string digest = "SHA256";
    Bytes secret_bytes = to_bytes(secret);
    Bytes seed_bytes = to_bytes(seed);
    const std::array<OSSL_PARAM, 4> parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, secret_bytes.data(), secret_bytes.size()),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, seed_bytes.data(), seed_bytes.size()),
        OSSL_PARAM_construct_end()};
    const Kdf kdf{require_object(EVP_KDF_fetch(parts_->library.get(), "TLS1-PRF", nullptr), "EVP_KDF_fetch")};
    const auto context = must<KdfContext>(EVP_KDF_CTX_new(kdf.get()));
    Bytes derived(length);
    const int done = EVP_KDF_derive(context.get(), derived.data(), derived.size(), parameters.data());
    OPENSSL_cleanse(secret_bytes.data(), secret_bytes.size());
    require(done == 1, "EVP_KDF_derive");
    return derived;
}

namespace {

struct ParsedCertificate {
    openssl::X509Certificate certificate;
    CertificateKey key;
    std::size_t size;
};

Outcome<ParsedCertificate> parse_certificate(OSSL_LIB_CTX* library, ByteView der) {
    const auto refuse = [](ErrorCode code) {
        ERR_clear_error();
        return fail(code);
    };
    auto certificate = must<openssl::X509Certificate>(X509_new_ex(library, nullptr));
    X509* target = certificate.get();
    const unsigned char* cursor = der.data();
    if (d2i_X509(&target, &cursor, static_cast<long>(der.size())) == nullptr) {
        if (target == nullptr) {
            static_cast<void>(certificate.release());  // d2i_X509 frees what it was given
        }
        return refuse(ErrorCode::invalid_certificate_format);
    }
    const X509_ALGOR* outer = nullptr;
    X509_get0_signature(nullptr, &outer, certificate.get());
    const bool well_formed = X509_get_version(certificate.get()) == X509_VERSION_3 &&
                             X509_NAME_entry_count(X509_get_issuer_name(certificate.get())) > 0 &&
                             ASN1_STRING_length(X509_get0_serialNumber(certificate.get())) <= max_serial_size &&
                             X509_ALGOR_cmp(outer, X509_get0_tbs_sigalg(certificate.get())) == 0;
    if (!well_formed) {
        return refuse(ErrorCode::invalid_certificate_format);
    }
    const EVP_PKEY* key = X509_get0_pubkey(certificate.get());
    const auto curve = key == nullptr ? std::nullopt : curve_of(key);
    if (!curve) {
        return refuse(ErrorCode::unsupported_certificate);
    }
    const ASN1_BIT_STRING* subject_key = X509_get0_pubkey_bitstr(certificate.get());
    const ByteView point{ASN1_STRING_get0_data(subject_key), static_cast<std::size_t>(ASN1_STRING_length(subject_key))};
    const auto size = static_cast<std::size_t>(cursor - der.data());
    const bool supported =
        size <= max_certificate_size && ecdsa_without_parameters(outer) && point.size() == 1 + 2 * field_size(*curve);
    if (!supported) {
        return refuse(ErrorCode::unsupported_certificate);
    }
    const std::uint32_t allowed = X509_get_key_usage(certificate.get());
    ERR_clear_error();
    CertificateKey found{*curve, to_bytes(point), (allowed & (KU_DIGITAL_SIGNATURE | KU_KEY_CERT_SIGN)) != 0};
    return ParsedCertificate{std::move(certificate), std::move(found), size};
}

// Critical extensions that a chain is checked by, or that do not matter for a server's key.
bool understood(int extension) {
    return extension == NID_basic_constraints || extension == NID_key_usage || extension == NID_ext_key_usage ||
           extension == NID_subject_alt_name || extension == NID_certificate_policies;
}

bool has_unknown_critical_extension(const X509* certificate) {
    for (int i = 0; i < X509_get_ext_count(certificate); ++i) {
        X509_EXTENSION* extension = X509_get_ext(certificate, i);
        if (X509_EXTENSION_get_critical(extension) == 1 &&
            !understood(OBJ_obj2nid(X509_EXTENSION_get_object(extension)))) {
            return true;
        }
    }
    return false;
}

std::optional<std::int64_t> seconds_of(const ASN1_TIME* time) {
    std::tm broken_down{};
    if (time == nullptr || ASN1_TIME_to_tm(time, &broken_down) != 1) {
        return std::nullopt;
    }
    return timegm(&broken_down);
}

template <auto encode, class Structure>
Bytes encoded(Structure* structure) {
    unsigned char* bytes = nullptr;
    const int size = encode(structure, &bytes);
    require(size > 0, "DER encoding");
    const openssl::Memory owner{bytes};
    return {bytes, bytes + size};
}

}  // namespace

Outcome<CertificateKey> Crypto::certificate_key(ByteView der) const {
    TRY(auto parsed, parse_certificate(parts_->library.get(), der));
    return std::move(parsed.key);
}

Outcome<Certificate> Crypto::certificate(ByteView der) const {
    TRY(auto parsed, parse_certificate(parts_->library.get(), der));
    X509* certificate = parsed.certificate.get();
    const std::uint32_t flags = X509_get_extension_flags(certificate);
    const auto not_before = seconds_of(X509_get0_notBefore(certificate));
    const auto not_after = seconds_of(X509_get0_notAfter(certificate));
    if ((flags & EXFLAG_INVALID) != 0 || !not_before || !not_after) {
        ERR_clear_error();
        return fail(ErrorCode::invalid_certificate_format);
    }
    if (has_unknown_critical_extension(certificate)) {
        return fail(ErrorCode::unsupported_certificate);
    }
    const std::uint32_t usage = X509_get_key_usage(certificate);
    const long path_length = X509_get_pathlen(certificate);
    const ASN1_BIT_STRING* signature = nullptr;
    X509_get0_signature(&signature, nullptr, certificate);
    const ByteView sequence{ASN1_STRING_get0_data(signature), static_cast<std::size_t>(ASN1_STRING_length(signature))};
    ERR_clear_error();
    return Certificate{std::move(parsed.key),
                       encoded<i2d_X509_NAME>(X509_get_subject_name(certificate)),
                       encoded<i2d_X509_NAME>(X509_get_issuer_name(certificate)),
                       (flags & EXFLAG_CA) != 0 && (usage & KU_KEY_CERT_SIGN) != 0,
                       (usage & KU_DIGITAL_SIGNATURE) != 0,
                       path_length < 0 ? std::nullopt : std::optional(static_cast<std::size_t>(path_length)),
                       *not_before,
                       *not_after,
                       encoded<i2d_re_X509_tbs>(certificate),
                       der::two_integers_of(sequence),
                       parsed.size};
}

Aes128 Crypto::aes128(ByteView key) const {
    return Aes128{parts_->library.get(), key};
}

}  // namespace trustx::sim
