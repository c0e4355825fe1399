// SPDX-License-Identifier: Apache-2.0
#include "digest.hpp"

#include <trustx/commands.hpp>

#include <algorithm>

#include <openssl/objects.h>

namespace trustx::provider {
namespace {

// ecdsa_with is the identifier of ECDSA with a digest. libcrypto 3.0 knows those of SHA-3 but not what they stand for.
int ecdsa_with(int digest_nid) {
    switch (digest_nid) {
        case NID_sha3_224:
            return NID_ecdsa_with_SHA3_224;
        case NID_sha3_256:
            return NID_ecdsa_with_SHA3_256;
        case NID_sha3_384:
            return NID_ecdsa_with_SHA3_384;
        case NID_sha3_512:
            return NID_ecdsa_with_SHA3_512;
        default:
            break;
    }
    int signature_nid = NID_undef;
    return OBJ_find_sigid_by_algs(&signature_nid, digest_nid, NID_X9_62_id_ecPublicKey) == 1 ? signature_nid
                                                                                             : NID_undef;
}

}  // namespace

Outcome<openssl::Digest> find_digest(const ProviderContext& context, const std::string& name) {
    openssl::Digest digest{EVP_MD_fetch(context.libctx(), name.c_str(), nullptr)};
    if (digest == nullptr) {
        return fail(Reason::digest_unknown, "digest " + name);
    }
    if ((EVP_MD_get_flags(digest.get()) & EVP_MD_FLAG_XOF) != 0 || EVP_MD_get_size(digest.get()) <= 0) {
        return fail(Reason::digest_unknown, "digest " + name + " has no fixed size and cannot be signed");
    }
    return digest;
}

Outcome<void> RunningHash::start(const EVP_MD* digest, const OSSL_PARAM* params) {
    ctx_.reset(EVP_MD_CTX_new());
    if (ctx_ == nullptr || EVP_DigestInit_ex2(ctx_.get(), digest, params) != 1) {
        ctx_.reset();
        return software_failed("start a hash");
    }
    return {};
}

Outcome<void> RunningHash::update(ByteView data) {
    if (EVP_DigestUpdate(ctx_.get(), data.data(), data.size()) != 1) {
        return software_failed("hash");
    }
    return {};
}

Outcome<Bytes> RunningHash::finish() {
    Bytes digest(EVP_MAX_MD_SIZE);
    unsigned int size = 0;
    if (EVP_DigestFinal_ex(ctx_.get(), digest.data(), &size) != 1) {
        return software_failed("finish a hash");
    }
    digest.resize(size);
    return digest;
}

Outcome<RunningHash> RunningHash::copy() const {
    RunningHash other;
    if (ctx_ != nullptr) {
        other.ctx_.reset(EVP_MD_CTX_new());
        if (other.ctx_ == nullptr || EVP_MD_CTX_copy_ex(other.ctx_.get(), ctx_.get()) != 1) {
            return software_failed("copy a hash");
        }
    }
    return other;
}

Bytes ecdsa_input(ByteView digest, Curve curve) {
    const auto used = digest.first(std::min(digest.size(), field_size(curve)));
    Bytes input(std::max(used.size(), CalcSign::min_digest), 0);
    std::copy(used.rbegin(), used.rend(), input.rbegin());
    return input;
}

Bytes ecdsa_algorithm_identifier(const EVP_MD* digest) {
    const int signature_nid = ecdsa_with(EVP_MD_get_type(digest));
    const ASN1_OBJECT* const object = OBJ_nid2obj(signature_nid);
    const auto length = object == nullptr || signature_nid == NID_undef ? 0 : OBJ_length(object);
    constexpr std::size_t longest = 0x7F - 2;  // one length byte for the OID and one for the SEQUENCE
    if (length == 0 || length > longest) {
        return {};
    }
    Bytes der{0x30, static_cast<std::uint8_t>(length + 2), 0x06, static_cast<std::uint8_t>(length)};
    const auto* const oid = OBJ_get0_data(object);
    der.insert(der.end(), oid, oid + length);
    return der;
}

}  // namespace trustx::provider
