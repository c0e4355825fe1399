// SPDX-License-Identifier: Apache-2.0
// Keys in session objects: made for the life of one program, used like any other key, gone with it.
#include "support/catch.hpp"
#include "support/forked_child.hpp"
#include "workbench.hpp"

#include <vector>

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace trustx::test;

namespace {

// session_key makes one; nullptr with errors in the queue when it cannot.
Pkey session_key(OSSL_LIB_CTX* libctx, const std::string& group = "P-256", const std::string& usage = "auth,sign") {
    const PkeyCtx ctx(EVP_PKEY_CTX_new_from_name(libctx, "EC", "?provider=trustx"));
    std::string slot = "session";
    std::string curve = group;
    std::string uses = usage;
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string("slot", slot.data(), 0),
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, curve.data(), 0),
        OSSL_PARAM_construct_utf8_string("usage", uses.data(), 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY* key = nullptr;
    if (EVP_PKEY_keygen_init(ctx.get()) == 1 && EVP_PKEY_CTX_set_params(ctx.get(), params) == 1) {
        static_cast<void>(EVP_PKEY_generate(ctx.get(), &key));
    }
    return Pkey(key);
}

}  // namespace

TEST_CASE("a key in a session object signs, and is no use of a stored private key", "[session_key]") {
    const auto group = GENERATE("P-256", "P-384");
    const ChipBench chip;
    const LibCtx libctx = chip->libctx();
    const Pkey key = session_key(libctx.get(), group);
    INFO(joined(take_errors()));
    REQUIRE(key != nullptr);
    CHECK(signs(libctx.get(), key.get()));
    CHECK(chip.private_key_uses() == 0);
    CHECK(chip.stats().at("session_key_uses") == 1);
    char kind[16] = {};
    CHECK(EVP_PKEY_get_utf8_string_param(key.get(), "trustx-kind", kind, sizeof kind, nullptr) == 1);
    CHECK(std::string(kind) == "session");
}

TEST_CASE("a key in a session object agrees on a secret", "[session_key]") {
    const ChipBench chip;
    const LibCtx libctx = chip->libctx();
    const Pkey ours = session_key(libctx.get(), "P-256", "keyagree");
    const Pkey theirs = software_key(libctx.get());
    REQUIRE(ours != nullptr);
    const auto derive = [&](const Pkey& key, const Pkey& peer) {
        const PkeyCtx ctx(EVP_PKEY_CTX_new_from_pkey(libctx.get(), key.get(), nullptr));
        std::vector<unsigned char> secret(32);
        std::size_t size = secret.size();
        REQUIRE(EVP_PKEY_derive_init(ctx.get()) == 1);
        REQUIRE(EVP_PKEY_derive_set_peer(ctx.get(), peer.get()) == 1);
        REQUIRE(EVP_PKEY_derive(ctx.get(), secret.data(), &size) == 1);
        return secret;
    };
    const std::string spki = spki_of(ours.get());
    const auto* at = reinterpret_cast<const unsigned char*>(spki.data());
    const Pkey public_half(d2i_PUBKEY_ex(nullptr, &at, static_cast<long>(spki.size()), libctx.get(), nullptr));
    CHECK(derive(ours, theirs) == derive(theirs, public_half));
}

TEST_CASE("there are four session objects, and a key that is freed gives its own back", "[session_key]") {
    const ChipBench chip(Arrangement::default_first, {{"lock-timeout-ms", "100"}});
    const LibCtx libctx = chip->libctx();
    std::vector<Pkey> keys;
    for (int i = 0; i < 4; ++i) {
        keys.push_back(session_key(libctx.get()));
        REQUIRE(keys.back() != nullptr);
    }
    CHECK(session_key(libctx.get()) == nullptr);
    CHECK_THAT(joined(take_errors()), ContainsSubstring("session objects"));
    const Pkey copy(EVP_PKEY_dup(keys.back().get()));
    keys.pop_back();
    CHECK(signs(libctx.get(), copy.get()));  // a copy keeps it
    CHECK(session_key(libctx.get()) == nullptr);
    static_cast<void>(take_errors());
    keys.pop_back();
    CHECK(session_key(libctx.get()) != nullptr);
    for (const auto& key : keys) {
        CHECK(signs(libctx.get(), key.get()));
    }
}

TEST_CASE("a key in a session object cannot be written to a file, and the first error says what to do",
          "[session_key]") {
    const ChipBench chip;
    const Outcome outcome = chip->openssl({"genpkey", "-propquery", "?provider=trustx", "-algorithm", "EC", "-pkeyopt",
                                           "group:P-256", "-pkeyopt", "slot:session"});
    INFO(outcome.both());
    CHECK_FALSE(outcome.ok());
    CHECK(outcome.out.empty());
    CHECK_THAT(first_error_line(outcome), ContainsSubstring(":trustx:"));
    CHECK_THAT(first_error_line(outcome), ContainsSubstring("slot:E0F1"));
}

TEST_CASE("a key in a session object is gone when the chip lost it, and the error says so", "[session_key]") {
    ChipBench chip;
    const LibCtx libctx = chip->libctx();
    const Pkey key = session_key(libctx.get());
    REQUIRE(signs(libctx.get(), key.get()));
    chip.simulator().kill9();
    chip.simulator().restart();
    static_cast<void>(signs(libctx.get(), key.get()));  // may fail because the connection is gone
    static_cast<void>(take_errors());
    CHECK_FALSE(signs(libctx.get(), key.get()));
    CHECK(take_reasons() == std::vector{Reason::session_lost});
}

TEST_CASE("a forked process does not use its parent's key in a session object", "[session_key]") {
    const ChipBench chip;
    const LibCtx libctx = chip->libctx();
    const Pkey key = session_key(libctx.get());
    REQUIRE(signs(libctx.get(), key.get()));
    const pid_t child = fork_with_deadline();
    REQUIRE(child >= 0);
    if (child == 0) {
        const bool refused = !signs(libctx.get(), key.get());
        const bool said = take_reasons() == std::vector{Reason::session_lost};
        EVP_PKEY_free(const_cast<Pkey&>(key).release());  // does not take the session away from the parent
        ::_exit(refused && said && session_key(libctx.get()) != nullptr ? 0 : 1);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    CHECK(signs(libctx.get(), key.get()));
}
