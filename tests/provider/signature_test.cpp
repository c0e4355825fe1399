// SPDX-License-Identifier: Apache-2.0
// Signing with a chip key through EVP: every digest, curve and manner of calling, and what each costs the chip.
#include "support/catch.hpp"
#include "support/forked_child.hpp"
#include "workbench.hpp"

#include <array>
#include <string>
#include <thread>
#include <vector>

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace trustx::test;

namespace {

using Buffer = std::vector<unsigned char>;

const Buffer message{'m', 'e', 's', 's', 'a', 'g', 'e'};

// One chip for the whole file would couple the tests; one per test case costs some 50 ms.
struct Signer {
    ChipBench chip;
    LibCtx libctx;
    Pkey key;
    Pkey public_key;  // of the default provider: an independent judge

    explicit Signer(const std::string& group = "P-256", Arrangement arrangement = Arrangement::default_first)
        : chip(arrangement), libctx(chip->libctx()) {
        const auto file = chip.make_key("E0F1", group);
        key = load_key(libctx.get(), file);
        INFO(joined(take_errors()));
        REQUIRE(key != nullptr);
        const std::string spki = spki_of(key.get());
        const auto* at = reinterpret_cast<const unsigned char*>(spki.data());
        public_key.reset(d2i_PUBKEY_ex(nullptr, &at, static_cast<long>(spki.size()), libctx.get(), "provider=default"));
        REQUIRE(public_key != nullptr);
        chip.reset_counters();
    }

    [[nodiscard]] bool verifies(const Buffer& signature, const char* digest, const Buffer& data = message) const {
        const MdCtx ctx(EVP_MD_CTX_new());
        return EVP_DigestVerifyInit_ex(ctx.get(), nullptr, digest, libctx.get(), "provider=default", public_key.get(),
                                       nullptr) == 1 &&
               EVP_DigestVerify(ctx.get(), signature.data(), signature.size(), data.data(), data.size()) == 1;
    }

    [[nodiscard]] MdCtx begin(const char* digest) const {
        MdCtx ctx(EVP_MD_CTX_new());
        INFO(joined(take_errors()));
        REQUIRE(EVP_DigestSignInit_ex(ctx.get(), nullptr, digest, libctx.get(), nullptr, key.get(), nullptr) == 1);
        return ctx;
    }
};

Buffer one_shot(EVP_MD_CTX* ctx, const Buffer& data = message) {
    std::size_t size = 0;
    REQUIRE(EVP_DigestSign(ctx, nullptr, &size, data.data(), data.size()) == 1);
    Buffer signature(size);
    const int done = EVP_DigestSign(ctx, signature.data(), &size, data.data(), data.size());
    INFO(joined(take_errors()));
    REQUIRE(done == 1);
    signature.resize(size);
    return signature;
}

Buffer finish(EVP_MD_CTX* ctx) {
    std::size_t size = 0;
    REQUIRE(EVP_DigestSignFinal(ctx, nullptr, &size) == 1);
    Buffer signature(size);
    const int done = EVP_DigestSignFinal(ctx, signature.data(), &size);
    INFO(joined(take_errors()));
    REQUIRE(done == 1);
    signature.resize(size);
    return signature;
}

}  // namespace

TEST_CASE("every digest can be signed on both curves, at once and in pieces", "[signature]") {
    const auto group = GENERATE("P-256", "P-384");
    const Signer signer(group);
    std::uint64_t uses = 0;
    for (const char* digest : {"SHA2-224", "SHA2-256", "SHA2-384", "SHA2-512", "SHA2-512/256", "SHA3-224", "SHA3-256",
                               "SHA3-384", "SHA3-512", "SM3", "BLAKE2B-512"}) {
        INFO(group << " " << digest);
        CHECK(signer.verifies(one_shot(signer.begin(digest).get()), digest));

        const MdCtx pieces = signer.begin(digest);
        REQUIRE(EVP_DigestSignUpdate(pieces.get(), message.data(), 3) == 1);
        REQUIRE(EVP_DigestSignUpdate(pieces.get(), message.data() + 3, message.size() - 3) == 1);
        CHECK(signer.verifies(finish(pieces.get()), digest));
        uses += 2;
    }
    CHECK(signer.chip.private_key_uses() == uses);
    CHECK(take_errors().empty());
}

TEST_CASE("without a name the digest is SHA-256", "[signature]") {
    const Signer signer("P-384");
    CHECK(signer.verifies(one_shot(signer.begin(nullptr).get()), "SHA256"));
}

TEST_CASE("raw digests of any length are signed, cut to the curve or padded", "[signature]") {
    const auto group = GENERATE("P-256", "P-384");
    const Signer signer(group);
    for (const std::size_t size : {1u, 9u, 10u, 20u, 31u, 32u, 33u, 48u, 49u, 64u}) {
        INFO(group << ", " << size << " bytes");
        const Buffer digest(size, 0xA7);
        const PkeyCtx sign(EVP_PKEY_CTX_new_from_pkey(signer.libctx.get(), signer.key.get(), nullptr));
        REQUIRE(EVP_PKEY_sign_init(sign.get()) == 1);
        Buffer signature(static_cast<std::size_t>(EVP_PKEY_get_size(signer.key.get())));
        std::size_t signature_size = signature.size();
        REQUIRE(EVP_PKEY_sign(sign.get(), signature.data(), &signature_size, digest.data(), digest.size()) == 1);
        const PkeyCtx verify(
            EVP_PKEY_CTX_new_from_pkey(signer.libctx.get(), signer.public_key.get(), "provider=default"));
        REQUIRE(EVP_PKEY_verify_init(verify.get()) == 1);
        CHECK(EVP_PKEY_verify(verify.get(), signature.data(), signature_size, digest.data(), digest.size()) == 1);
    }
}

TEST_CASE("an empty raw digest, or one of another length than announced, is refused before the chip is asked",
          "[signature]") {
    const Signer signer;
    const PkeyCtx ctx(EVP_PKEY_CTX_new_from_pkey(signer.libctx.get(), signer.key.get(), nullptr));
    REQUIRE(EVP_PKEY_sign_init(ctx.get()) == 1);
    Buffer signature(80);
    std::size_t size = signature.size();
    CHECK(EVP_PKEY_sign(ctx.get(), signature.data(), &size, message.data(), 0) != 1);
    REQUIRE(EVP_PKEY_CTX_set_signature_md(ctx.get(), EVP_sha256()) == 1);
    CHECK(EVP_PKEY_sign(ctx.get(), signature.data(), &size, message.data(), message.size()) != 1);
    CHECK(take_reasons() == std::vector{Reason::digest_length_wrong, Reason::digest_length_wrong});
    CHECK(signer.chip.transfers() == 0);
}

TEST_CASE("initialising, updating, asking for the size and copying send nothing to the chip", "[signature]") {
    const Signer signer;
    const MdCtx ctx = signer.begin("SHA256");
    REQUIRE(EVP_DigestSignUpdate(ctx.get(), message.data(), message.size()) == 1);
    std::size_t size = 0;
    REQUIRE(EVP_DigestSignFinal(ctx.get(), nullptr, &size) == 1);
    CHECK(size == 72);
    const MdCtx copy(EVP_MD_CTX_new());
    REQUIRE(EVP_MD_CTX_copy_ex(copy.get(), ctx.get()) == 1);
    const PkeyCtx raw(EVP_PKEY_CTX_new_from_pkey(signer.libctx.get(), signer.key.get(), nullptr));
    REQUIRE(EVP_PKEY_sign_init(raw.get()) == 1);
    REQUIRE(EVP_PKEY_sign(raw.get(), nullptr, &size, message.data(), message.size()) == 1);
    CHECK(signer.chip.transfers() == 0);
}

TEST_CASE("a buffer that is too small is refused before the chip is asked, and the message is not lost",
          "[signature]") {
    const Signer signer;
    const MdCtx ctx = signer.begin("SHA256");
    REQUIRE(EVP_DigestSignUpdate(ctx.get(), message.data(), message.size()) == 1);
    Buffer small(71);
    std::size_t size = small.size();
    CHECK(EVP_DigestSignFinal(ctx.get(), small.data(), &size) != 1);
    CHECK(take_reasons() == std::vector{Reason::buffer_too_small});
    CHECK(signer.chip.transfers() == 0);
    CHECK(signer.verifies(finish(ctx.get()), "SHA256"));

    const MdCtx at_once = signer.begin("SHA256");
    const auto before = signer.chip.transfers();
    size = small.size();
    CHECK(EVP_DigestSign(at_once.get(), small.data(), &size, message.data(), message.size()) != 1);
    static_cast<void>(take_errors());
    CHECK(signer.chip.transfers() == before);
    // From OpenSSL 3.4 on, libcrypto itself takes no second call without this.
    REQUIRE(EVP_DigestSignInit_ex(at_once.get(), nullptr, "SHA256", signer.libctx.get(), nullptr, signer.key.get(),
                                  nullptr) == 1);
    CHECK(signer.verifies(one_shot(at_once.get()), "SHA256"));
}

TEST_CASE("a copy made in the middle of a message goes its own way", "[signature]") {
    const Signer signer;
    const MdCtx ctx = signer.begin("SHA512");
    REQUIRE(EVP_DigestSignUpdate(ctx.get(), message.data(), 4) == 1);
    const MdCtx copy(EVP_MD_CTX_new());
    REQUIRE(EVP_MD_CTX_copy_ex(copy.get(), ctx.get()) == 1);
    REQUIRE(EVP_DigestSignUpdate(ctx.get(), message.data() + 4, message.size() - 4) == 1);
    REQUIRE(EVP_DigestSignUpdate(copy.get(), "!", 1) == 1);
    CHECK(signer.verifies(finish(ctx.get()), "SHA512"));
    CHECK(signer.verifies(finish(copy.get()), "SHA512", {'m', 'e', 's', 's', '!'}));
}

TEST_CASE("a context can be used again after initialising it again", "[signature]") {
    const Signer signer;
    const MdCtx ctx = signer.begin("SHA256");
    CHECK(signer.verifies(one_shot(ctx.get()), "SHA256"));
    REQUIRE(EVP_DigestSignInit_ex(ctx.get(), nullptr, "SHA384", signer.libctx.get(), nullptr, signer.key.get(),
                                  nullptr) == 1);
    CHECK(signer.verifies(one_shot(ctx.get()), "SHA384"));
}

TEST_CASE("digests that are no longer safe are verified but not signed", "[signature]") {
    const Signer signer;
    for (const char* digest : {"SHA1", "MD5"}) {
        const MdCtx ctx(EVP_MD_CTX_new());
        CHECK(EVP_DigestSignInit_ex(ctx.get(), nullptr, digest, signer.libctx.get(), nullptr, signer.key.get(),
                                    nullptr) != 1);
        CHECK(take_reasons() == std::vector{Reason::digest_too_weak});
        const MdCtx verify(EVP_MD_CTX_new());
        CHECK(EVP_DigestVerifyInit_ex(verify.get(), nullptr, digest, signer.libctx.get(), nullptr, signer.key.get(),
                                      nullptr) == 1);
    }
    CHECK(signer.chip.transfers() == 0);
}

TEST_CASE("digests that do not exist or have no fixed size are refused", "[signature]") {
    const Signer signer;
    for (const char* digest : {"SHA257", "SHAKE256"}) {
        const MdCtx ctx(EVP_MD_CTX_new());
        CHECK(EVP_DigestSignInit_ex(ctx.get(), nullptr, digest, signer.libctx.get(), nullptr, signer.key.get(),
                                    nullptr) != 1);
        CHECK_FALSE(take_errors().empty());
    }
}

TEST_CASE("a chip key verifies in software", "[signature]") {
    const Signer signer;
    const Buffer signature = one_shot(signer.begin("SHA256").get());
    const auto uses = signer.chip.transfers();
    const auto verify = [&](const Buffer& data, const Buffer& candidate) {
        const MdCtx ctx(EVP_MD_CTX_new());
        REQUIRE(EVP_DigestVerifyInit_ex(ctx.get(), nullptr, "SHA256", signer.libctx.get(), "provider=trustx",
                                        signer.key.get(), nullptr) == 1);
        return EVP_DigestVerify(ctx.get(), candidate.data(), candidate.size(), data.data(), data.size());
    };
    CHECK(verify(message, signature) == 1);
    CHECK(verify({'o', 't', 'h', 'e', 'r'}, signature) == 0);
    CHECK(verify(message, {0x30, 0x01}) != 1);
    static_cast<void>(take_errors());
    CHECK(signer.chip.transfers() == uses);
}

TEST_CASE("the algorithm identifier has no parameters and fits the digest", "[signature]") {
    const Signer signer;
    const auto identifier = [&](const char* digest) {
        const MdCtx ctx = signer.begin(digest);
        std::array<unsigned char, 128> der{};
        std::array<OSSL_PARAM, 2> params{
            OSSL_PARAM_construct_octet_string(OSSL_SIGNATURE_PARAM_ALGORITHM_ID, der.data(), der.size()),
            OSSL_PARAM_construct_end()};
        REQUIRE(EVP_PKEY_CTX_get_params(EVP_MD_CTX_get_pkey_ctx(ctx.get()), params.data()) == 1);
        return Buffer(der.data(), der.data() + params[0].return_size);
    };
    for (unsigned char n = 1; n <= 4; ++n) {
        const char* const names[] = {"SHA224", "SHA256", "SHA384", "SHA512"};
        CHECK(identifier(names[n - 1]) == Buffer{0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, n});
    }
    for (unsigned char n = 9; n <= 12; ++n) {
        const char* const names[] = {"SHA3-224", "SHA3-256", "SHA3-384", "SHA3-512"};
        CHECK(identifier(names[n - 9]) ==
              Buffer{0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, n});
    }
    CHECK(signer.chip.transfers() == 0);
}

TEST_CASE("all arrangements of providers sign alike", "[signature]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    INFO(name_of(arrangement));
    const Signer signer("P-256", arrangement);
    CHECK(signer.verifies(one_shot(signer.begin("SHA256").get()), "SHA256"));
    CHECK(signer.chip.private_key_uses() == 1);
    CHECK(take_errors().empty());
}

TEST_CASE("threads sign with one key at the same time", "[signature]") {
    const Signer signer;
    constexpr int threads = 4;
    constexpr int rounds = 5;
    std::array<int, threads> good{};
    std::vector<std::thread> workers;
    for (int t = 0; t < threads; ++t) {
        workers.emplace_back([&, t] {
            for (int i = 0; i < rounds; ++i) {
                const MdCtx ctx(EVP_MD_CTX_new());
                Buffer signature(72);
                std::size_t size = signature.size();
                if (EVP_DigestSignInit_ex(ctx.get(), nullptr, "SHA256", signer.libctx.get(), nullptr, signer.key.get(),
                                          nullptr) == 1 &&
                    EVP_DigestSign(ctx.get(), signature.data(), &size, message.data(), message.size()) == 1) {
                    signature.resize(size);
                    good[static_cast<std::size_t>(t)] += signer.verifies(signature, "SHA256") ? 1 : 0;
                }
            }
        });
    }
    for (auto& worker : workers) {
        worker.join();
    }
    for (const int count : good) {
        CHECK(count == rounds);
    }
    CHECK(signer.chip.private_key_uses() == threads * rounds);
}

TEST_CASE("a process may fork in the middle of a signature, and both sides finish it", "[signature]") {
    const Signer signer;
    static_cast<void>(one_shot(signer.begin("SHA256").get()));  // the parent is attached to the chip
    const MdCtx ctx = signer.begin("SHA256");
    REQUIRE(EVP_DigestSignUpdate(ctx.get(), message.data(), message.size()) == 1);
    const pid_t child = fork_with_deadline();
    REQUIRE(child >= 0);
    if (child == 0) {
        Buffer signature(72);
        std::size_t size = signature.size();
        const bool done = EVP_DigestSignFinal(ctx.get(), signature.data(), &size) == 1;
        signature.resize(size);
        ::_exit(done && signer.verifies(signature, "SHA256") ? 0 : 1);
    }
    const Buffer signature = finish(ctx.get());
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    CHECK(signer.verifies(signature, "SHA256"));
    CHECK(signer.chip.private_key_uses() == 3);
}

TEST_CASE("a signature that is verified needs no UID", "[signature]") {
    const Signer signer;
    for (int i = 0; i < 3; ++i) {
        static_cast<void>(one_shot(signer.begin("SHA256").get()));
    }
    const auto commands = signer.chip.stats().at("commands");
    CHECK(commands.at("CalcSign") == 3);
    // The security event counter, before the second one.
    CHECK(commands.value("GetDataObject", 0) <= 1);
}
