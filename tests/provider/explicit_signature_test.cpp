// SPDX-License-Identifier: Apache-2.0
// Signature algorithms that name their digest, such as ECDSA-SHA256, fetched and used as OpenSSL 3.4 allows it.
// Compiled where OpenSSL has them.
#include "support/catch.hpp"
#include "workbench.hpp"

#include <string>
#include <tuple>
#include <vector>

using namespace trustx::test;

namespace {

using Buffer = std::vector<unsigned char>;
using SignatureAlgorithm = Handle<EVP_SIGNATURE, EVP_SIGNATURE_free>;

const Buffer message{'m', 'e', 's', 's', 'a', 'g', 'e'};

struct Signer {
    ChipBench chip;
    LibCtx libctx = chip->libctx();
    Pkey key = load_key(libctx.get(), chip.make_key("E0F1"));
    Pkey public_key;

    Signer() {
        const std::string spki = spki_of(key.get());
        const auto* at = reinterpret_cast<const unsigned char*>(spki.data());
        public_key.reset(d2i_PUBKEY_ex(nullptr, &at, static_cast<long>(spki.size()), libctx.get(), "provider=default"));
        chip.reset_counters();
    }
    [[nodiscard]] SignatureAlgorithm algorithm(const std::string& name) const {
        return SignatureAlgorithm(EVP_SIGNATURE_fetch(libctx.get(), name.c_str(), "provider=trustx"));
    }
    [[nodiscard]] PkeyCtx context() const {
        return PkeyCtx(EVP_PKEY_CTX_new_from_pkey(libctx.get(), key.get(), "provider=trustx"));
    }
    // verifies is the default provider's judgement.
    [[nodiscard]] bool verifies(const Buffer& signature, const std::string& digest) const {
        const MdCtx ctx(EVP_MD_CTX_new());
        return EVP_DigestVerifyInit_ex(ctx.get(), nullptr, digest.c_str(), libctx.get(), "provider=default",
                                       public_key.get(), nullptr) == 1 &&
               EVP_DigestVerify(ctx.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
    }
};

Buffer sign(EVP_PKEY_CTX* ctx, const Buffer& data) {
    std::size_t size = 0;
    REQUIRE(EVP_PKEY_sign(ctx, nullptr, &size, data.data(), data.size()) == 1);
    Buffer signature(size);
    const int done = EVP_PKEY_sign(ctx, signature.data(), &size, data.data(), data.size());
    INFO(joined(take_errors()));
    REQUIRE(done == 1);
    signature.resize(size);
    return signature;
}

}  // namespace

TEST_CASE("an algorithm that names its digest signs and verifies messages, at once and in pieces", "[explicit]") {
    const auto [name, digest] = GENERATE(table<std::string, std::string>({
        {"ECDSA-SHA224", "SHA224"},
        {"ECDSA-SHA256", "SHA256"},
        {"ecdsa-with-SHA384", "SHA384"},
        {"ECDSA-SHA2-512", "SHA512"},
        {"ECDSA-SHA3-256", "SHA3-256"},
        {"2.16.840.1.101.3.4.3.12", "SHA3-512"},
    }));
    INFO(name);
    const Signer signer;
    const SignatureAlgorithm algorithm = signer.algorithm(name);
    REQUIRE(algorithm != nullptr);

    const PkeyCtx at_once = signer.context();
    REQUIRE(EVP_PKEY_sign_message_init(at_once.get(), algorithm.get(), nullptr) == 1);
    const Buffer signature = sign(at_once.get(), message);
    CHECK(signer.verifies(signature, digest));

    const PkeyCtx in_pieces = signer.context();
    REQUIRE(EVP_PKEY_sign_message_init(in_pieces.get(), algorithm.get(), nullptr) == 1);
    REQUIRE(EVP_PKEY_sign_message_update(in_pieces.get(), message.data(), 3) == 1);
    REQUIRE(EVP_PKEY_sign_message_update(in_pieces.get(), message.data() + 3, message.size() - 3) == 1);
    Buffer pieces(72);
    std::size_t size = pieces.size();
    REQUIRE(EVP_PKEY_sign_message_final(in_pieces.get(), pieces.data(), &size) == 1);
    pieces.resize(size);
    CHECK(signer.verifies(pieces, digest));
    CHECK(signer.chip.private_key_uses() == 2);

    const auto judge = [&](const Buffer& given) {
        const PkeyCtx ctx = signer.context();
        REQUIRE(EVP_PKEY_verify_message_init(ctx.get(), algorithm.get(), nullptr) == 1);
        REQUIRE(EVP_PKEY_CTX_set_signature(ctx.get(), given.data(), given.size()) == 1);
        REQUIRE(EVP_PKEY_verify_message_update(ctx.get(), message.data(), message.size()) == 1);
        return EVP_PKEY_verify_message_final(ctx.get()) == 1;
    };
    CHECK(judge(signature));
    Buffer changed = signature;
    changed.back() ^= 1;
    CHECK_FALSE(judge(changed));
    CHECK(signer.chip.private_key_uses() == 2);
}

TEST_CASE("an algorithm that names its digest takes a digest, and only one of its length", "[explicit]") {
    const Signer signer;
    const SignatureAlgorithm algorithm = signer.algorithm("ECDSA-SHA256");
    const PkeyCtx ctx = signer.context();
    REQUIRE(EVP_PKEY_sign_init_ex2(ctx.get(), algorithm.get(), nullptr) == 1);
    Buffer digest(32);
    unsigned int size = 0;
    REQUIRE(EVP_Digest(message.data(), message.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1);
    CHECK(signer.verifies(sign(ctx.get(), digest), "SHA256"));
    Buffer signature(72);
    std::size_t size_offered = signature.size();
    CHECK(EVP_PKEY_sign(ctx.get(), signature.data(), &size_offered, digest.data(), digest.size() - 1) != 1);
    CHECK(take_reasons() == std::vector{Reason::digest_length_wrong});
}

TEST_CASE("SHA-1 under its own name verifies and does not sign", "[explicit]") {
    const Signer signer;
    const SignatureAlgorithm algorithm = signer.algorithm("ECDSA-SHA1");
    REQUIRE(algorithm != nullptr);
    CHECK(EVP_PKEY_sign_message_init(signer.context().get(), algorithm.get(), nullptr) != 1);
    CHECK(take_reasons() == std::vector{Reason::digest_too_weak});
    CHECK(EVP_PKEY_verify_message_init(signer.context().get(), algorithm.get(), nullptr) == 1);
}
