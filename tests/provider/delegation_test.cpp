// SPDX-License-Identifier: Apache-2.0
// Software keys with trustx first or preferred: everything works as if it were not there, byte for byte where bytes
// are not random.
#include "support/catch.hpp"
#include "workbench.hpp"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include <openssl/params.h>
#include <openssl/provider.h>

using namespace trustx::test;

TEST_CASE("software keys of any curve are made, written, read, checked and used", "[delegation]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    const std::string group = GENERATE("P-256", "P-521", "secp256k1", "brainpoolP384r1", "B-233");
    const std::string context = GENERATE("isolated", "child");
    INFO(name_of(arrangement) << ", " << group << ", " << context);
    const Bench bench(BenchOptions{.arrangement = arrangement, .settings = {{"library-context", context}}});
    const Bench plain(BenchOptions{.with_trustx = false});
    bench.must_openssl({"genpkey", "-algorithm", "EC", "-pkeyopt", "group:" + group, "-out", "key.pem"});
    const std::string key = bench.path("key.pem").string();
    for (const auto& arguments : {std::vector<std::string>{"pkey", "-in", key, "-text"},
                                  {"pkey", "-in", key, "-pubout"},
                                  {"pkey", "-in", key, "-traditional"},
                                  {"pkey", "-in", key, "-outform", "DER"},
                                  {"pkey", "-in", key, "-pubout", "-ec_conv_form", "compressed"},
                                  {"ec", "-in", key, "-pubout", "-conv_form", "compressed"},
                                  {"ec", "-in", key, "-text"},
                                  {"ec", "-in", key, "-param_enc", "explicit"},
                                  {"ec", "-in", key, "-no_public"},
                                  {"pkey", "-in", key, "-check", "-noout"},
                                  {"pkcs8", "-topk8", "-nocrypt", "-in", key}}) {
        INFO(arguments.front() << " " << arguments.back());
        CHECK(bench.must_openssl(arguments) == plain.must_openssl(arguments));
    }
    bench.must_openssl({"pkey", "-in", key, "-aes128", "-passout", "pass:x", "-out", "locked.pem"});
    CHECK(plain.must_openssl({"pkey", "-in", bench.path("locked.pem").string(), "-passin", "pass:x"}) ==
          read_file(bench.path("key.pem")));
    bench.must_openssl({"dgst", "-sha384", "-sign", key, "-out", "signature"}, "message");
    plain.must_openssl({"dgst", "-sha384", "-prverify", key, "-signature", bench.path("signature").string()},
                       "message");
    bench.must_openssl({"dgst", "-sha384", "-prverify", key, "-signature", "signature"}, "message");
    CHECK_FALSE(bench.openssl({"dgst", "-sha384", "-prverify", key, "-signature", "signature"}, "other").ok());
}

TEST_CASE("software keys tell what the default provider's tell", "[delegation]") {
    const std::string group = GENERATE("P-256", "B-233");
    const Bench bench(BenchOptions{.arrangement = Arrangement::trustx_preferred});
    const Bench plain(BenchOptions{.with_trustx = false});
    const LibCtx with = bench.libctx();
    const LibCtx without = plain.libctx();
    const Pkey theirs(EVP_PKEY_Q_keygen(without.get(), nullptr, "EC", group.c_str()));
    REQUIRE(theirs != nullptr);
    OSSL_PARAM* parts = nullptr;
    REQUIRE(EVP_PKEY_todata(theirs.get(), EVP_PKEY_KEYPAIR, &parts) == 1);
    const Handle<OSSL_PARAM, OSSL_PARAM_free> parts_owner(parts);
    const PkeyCtx import(EVP_PKEY_CTX_new_from_name(with.get(), "EC", nullptr));
    EVP_PKEY* imported = nullptr;
    REQUIRE(EVP_PKEY_fromdata_init(import.get()) == 1);
    REQUIRE(EVP_PKEY_fromdata(import.get(), &imported, EVP_PKEY_KEYPAIR, parts) == 1);
    const Pkey ours(imported);
    REQUIRE(std::string(OSSL_PROVIDER_get0_name(EVP_PKEY_get0_provider(ours.get()))) == "trustx");
    for (const OSSL_PARAM* name = EVP_PKEY_gettable_params(theirs.get()); name->key != nullptr; ++name) {
        INFO(group << " " << name->key);
        const OSSL_PARAM* const same = OSSL_PARAM_locate_const(EVP_PKEY_gettable_params(ours.get()), name->key);
        REQUIRE(same != nullptr);
        CHECK(same->data_type == name->data_type);
        // What one answers, if anything, the other answers: first how long, then the bytes.
        const auto value = [&](const Pkey& key) {
            std::vector<unsigned char> bytes(512);
            std::array<OSSL_PARAM, 2> asked{*name, OSSL_PARAM_construct_end()};
            asked[0].data = bytes.data();
            asked[0].data_size = name->data_type == OSSL_PARAM_INTEGER ? sizeof(int) : bytes.size();
            asked[0].return_size = OSSL_PARAM_UNMODIFIED;
            const int answered = EVP_PKEY_get_params(key.get(), asked.data());
            bytes.resize(OSSL_PARAM_modified(asked.data()) == 1 ? asked[0].return_size : 0);
            return std::pair(answered, bytes);
        };
        CHECK(value(ours) == value(theirs));
    }
    static_cast<void>(take_errors());
}

TEST_CASE("old digests still sign with software keys", "[delegation]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    INFO(name_of(arrangement));
    const Bench bench(BenchOptions{.arrangement = arrangement});
    bench.must_openssl({"genpkey", "-algorithm", "EC", "-pkeyopt", "group:P-256", "-out", "key.pem"});
    bench.must_openssl({"dgst", "-sha1", "-sign", "key.pem", "-out", "signature"}, "message");
    bench.must_openssl({"dgst", "-sha1", "-prverify", "key.pem", "-signature", "signature"}, "message");
}

TEST_CASE("software keys agree on secrets, plain and with a key derivation function", "[delegation]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    const std::string context = GENERATE("isolated", "child");
    INFO(name_of(arrangement) << ", " << context);
    const Bench bench(BenchOptions{.arrangement = arrangement, .settings = {{"library-context", context}}});
    const Bench plain(BenchOptions{.with_trustx = false});
    for (const std::string name : {"a", "b"}) {
        bench.must_openssl({"genpkey", "-algorithm", "EC", "-pkeyopt", "group:P-384", "-out", name + ".pem"});
        bench.must_openssl({"pkey", "-in", name + ".pem", "-pubout", "-out", name + ".pub"});
    }
    const auto derive = [&](const Bench& where, const std::string& key, const std::string& peer,
                            std::vector<std::string> options) {
        std::vector<std::string> arguments{"pkeyutl",  "-derive",
                                           "-inkey",   bench.path(key + ".pem").string(),
                                           "-peerkey", bench.path(peer + ".pub").string()};
        arguments.insert(arguments.end(), options.begin(), options.end());
        return where.must_openssl(arguments);
    };
    CHECK(derive(bench, "a", "b", {}).size() == 48);
    CHECK(derive(bench, "a", "b", {}) == derive(plain, "b", "a", {}));
    const std::vector<std::string> kdf{"-pkeyopt", "kdf-type:X963KDF", "-pkeyopt", "kdf-digest:SHA256",
                                       "-pkeyopt", "kdf-outlen:77",    "-pkeyopt", "hexkdf-ukm:0102"};
    CHECK(derive(bench, "a", "b", kdf) == derive(plain, "b", "a", kdf));

    bench.must_openssl({"genpkey", "-algorithm", "EC", "-pkeyopt", "group:P-256", "-out", "c.pem"});
    bench.must_openssl({"pkey", "-in", "c.pem", "-pubout", "-out", "c.pub"});
    CHECK_FALSE(bench.openssl({"pkeyutl", "-derive", "-inkey", "a.pem", "-peerkey", "c.pub"}).ok());
}

TEST_CASE("messages are enveloped for software keys", "[delegation]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    INFO(name_of(arrangement));
    const Bench bench(BenchOptions{.arrangement = arrangement});
    bench.must_openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "group:P-256", "-noenc", "-keyout", "key.pem",
                        "-out", "cert.pem", "-subj", "/CN=reader", "-days", "2"});
    bench.must_openssl({"cms", "-encrypt", "-binary", "-aes128", "-out", "enveloped", "cert.pem"}, "secret");
    CHECK(bench.must_openssl({"cms", "-decrypt", "-binary", "-in", "enveloped", "-inkey", "key.pem", "-recip",
                              "cert.pem"}) == "secret");
}

TEST_CASE("keys of other kinds are not our business", "[delegation]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    const std::string algorithm = GENERATE("RSA", "ED25519", "X25519");
    INFO(name_of(arrangement) << ", " << algorithm);
    const Bench bench(BenchOptions{.arrangement = arrangement});
    const Bench plain(BenchOptions{.with_trustx = false});
    plain.must_openssl({"genpkey", "-algorithm", algorithm, "-out", "key.pem"});
    const std::string key = plain.path("key.pem").string();
    CHECK(bench.must_openssl({"pkey", "-in", key, "-text"}) == plain.must_openssl({"pkey", "-in", key, "-text"}));
}
