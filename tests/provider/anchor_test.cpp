// SPDX-License-Identifier: Apache-2.0
// Trust anchors in the chip that verify (verify-anchors): which verifications go there, how many commands they take,
// and that none is done in software where the chip does not agree.
#include "support/catch.hpp"
#include "support/forked_child.hpp"
#include "support/issue_certificate.hpp"
#include "tls_parties.hpp"
#include "workbench.hpp"

#include <trustx/bytes.hpp>
#include <trustx/objects.hpp>
#include <trustx/settings.hpp>

#include <array>
#include <functional>
#include <thread>
#include <vector>

#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <sys/wait.h>

using namespace trustx::test;
using trustx::ObjectId;

namespace {

constexpr ObjectId anchor_1 = trustx::object::trust_anchor_1;
constexpr ObjectId anchor_8 = trustx::object::trust_anchor_8;

trustx::Bytes der_of(const Certificate& certificate) {
    unsigned char* der = nullptr;
    const int size = i2d_X509(certificate.get(), &der);
    const trustx::openssl::Memory owner(der);
    return {der, der + size};
}

std::string sha256(const std::string& bytes) {
    std::array<unsigned char, 32> digest{};
    REQUIRE(EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr) == 1);
    return trustx::to_hex(digest);
}

// Authority is a key in software with a self-signed certificate.
struct Authority {
    Pkey key;
    Certificate certificate;

    explicit Authority(const std::string& group = "P-256", const char* subject = "authority")
        : Authority(software_key(nullptr, group), subject) {}
    explicit Authority(Pkey made, const char* subject = "authority")
        : key(std::move(made)), certificate(issue_certificate(key.get(), subject, nullptr, key.get())) {}

    // issues makes a certificate below it.
    [[nodiscard]] Certificate issues(EVP_PKEY* subject_key, const char* subject = "localhost") const {
        return issue_certificate(subject_key, subject, certificate.get(), key.get());
    }
    [[nodiscard]] std::string digest() const { return sha256(spki_of(key.get())); }
    // entry is that of the setting.
    [[nodiscard]] std::string entry(ObjectId object = anchor_1) const { return object.hex() + "=" + digest(); }
};

// rsa_authority is made once, because that takes long.
const Authority& rsa_authority() {
    static const Authority rsa{Pkey(EVP_RSA_gen(2048))};
    return rsa;
}

void write_to(const ChipBench& chip, ObjectId object, trustx::ByteView content) {
    const auto device = trustx::Device::open(trustx::BusAddress::parse(chip.simulator().address()).value(),
                                             {.lock_directory = chip.simulator().directory().path().string()});
    auto locked = device->lock();
    REQUIRE(locked);
    const auto written = trustx::write_object(*locked, object, content);
    INFO((written ? std::string{} : written.error().message()));
    REQUIRE(written);
}

// Anchored is a chip with an authority in a trust anchor, and a configuration that says so.
struct Anchored {
    ChipBench chip;
    Authority root;
    Bench bench;
    LibCtx libctx;

    explicit Anchored(Arrangement arrangement = Arrangement::default_first, const std::string& group = "P-256",
                      const std::map<std::string, std::string>& more = {})
        : root(group), bench(chip.with(arrangement, settings(more))), libctx(bench.libctx()) {
        write_to(chip, anchor_1, der_of(root.certificate));
        chip.reset_counters();
    }

    [[nodiscard]] std::map<std::string, std::string> settings(std::map<std::string, std::string> more) const {
        more.try_emplace("verify-anchors", root.entry());
        return more;
    }
    // verifications is how many VerifySign there were.
    [[nodiscard]] int verifications() const { return chip.stats().at("commands").value("VerifySign", 0); }

    // read reads a certificate as a program would in that configuration.
    [[nodiscard]] Certificate read(const Certificate& certificate) const { return read_in(libctx.get(), certificate); }
    static Certificate read_in(OSSL_LIB_CTX* libctx, const Certificate& certificate) {
        const auto der = der_of(certificate);
        const unsigned char* at = der.data();
        X509* made = X509_new_ex(libctx, nullptr);
        REQUIRE(d2i_X509(&made, &at, static_cast<long>(der.size())) != nullptr);
        return Certificate(made);
    }

    // verify is what a verifier of chains does for one step of them: 1, or 0, or less.
    [[nodiscard]] int verify(const Certificate& subject, const Certificate& issuer) const {
        return X509_verify(read(subject).get(), X509_get0_pubkey(read(issuer).get()));
    }
};

Pkey read_key_info(OSSL_LIB_CTX* libctx, const std::string& spki) {
    const auto* at = reinterpret_cast<const unsigned char*>(spki.data());
    return Pkey(d2i_PUBKEY_ex(nullptr, &at, static_cast<long>(spki.size()), libctx, nullptr));
}

const std::string message = "message";

std::string signature_by(EVP_PKEY* key, const char* digest = "SHA256") {
    const MdCtx ctx(EVP_MD_CTX_new());
    std::array<unsigned char, 256> signature{};
    std::size_t size = signature.size();
    REQUIRE(EVP_DigestSignInit_ex(ctx.get(), nullptr, digest, nullptr, nullptr, key, nullptr) == 1);
    REQUIRE(EVP_DigestSign(ctx.get(), signature.data(), &size, reinterpret_cast<const unsigned char*>(message.data()),
                           message.size()) == 1);
    return {reinterpret_cast<const char*>(signature.data()), size};
}

int verify_message(OSSL_LIB_CTX* libctx, EVP_PKEY* key, const std::string& signature, const char* digest = "SHA256") {
    const MdCtx ctx(EVP_MD_CTX_new());
    REQUIRE(EVP_DigestVerifyInit_ex(ctx.get(), nullptr, digest, libctx, nullptr, key, nullptr) == 1);
    return EVP_DigestVerify(ctx.get(), reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                            reinterpret_cast<const unsigned char*>(message.data()), message.size());
}

// The first error is ours, has this reason, and names the object.
void check_refused(Reason reason, const std::string& object = "E0E8") {
    CHECK(ERR_GET_REASON(ERR_peek_error()) == static_cast<int>(reason));
    const auto errors = take_errors();
    INFO(joined(errors));
    REQUIRE_FALSE(errors.empty());
    CHECK_THAT(errors.front(), ContainsSubstring(object));
}

}  // namespace

TEST_CASE("what the key of a trust anchor signed is verified by the chip, once", "[anchor]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    const std::string group = GENERATE("P-256", "P-384");
    const bool legacy = GENERATE(false, true);
    INFO(name_of(arrangement) << ", " << group << (legacy ? ", with the legacy provider" : ""));
    const Anchored here(arrangement, group);
    const trustx::openssl::Provider other(legacy ? OSSL_PROVIDER_load(here.libctx.get(), "legacy") : nullptr);
    const Pkey leaf_key = software_key(nullptr);
    const auto leaf = here.root.issues(leaf_key.get());
    CHECK(here.verify(leaf, here.root.certificate) == 1);
    CHECK(here.verifications() == 1);
    CHECK(take_errors().empty());

    here.chip.reset_counters();
    const Authority impostor(group);
    CHECK(here.verify(impostor.issues(leaf_key.get()), here.root.certificate) == 0);
    CHECK(here.verifications() == 1);
    CHECK(take_reasons().empty());
}

TEST_CASE("other keys are verified with in software, and the chip is not asked for them", "[anchor]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    const std::string group = GENERATE("P-256", "P-384", "P-521");
    INFO(name_of(arrangement) << ", " << group);
    const Anchored here(arrangement);
    const Authority other(group);
    CHECK(here.verify(other.certificate, other.certificate) == 1);
    CHECK(here.verify(here.root.certificate, other.certificate) == 0);
    CHECK(here.chip.transfers() == 0);
    CHECK(take_reasons().empty());
}

TEST_CASE("reading, comparing, printing and writing the key of a trust anchor ask nobody", "[anchor]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    INFO(name_of(arrangement));
    const Anchored here(arrangement);
    const auto root = here.read(here.root.certificate);
    EVP_PKEY* const key = X509_get0_pubkey(root.get());
    REQUIRE(key != nullptr);
    CHECK(EVP_PKEY_eq(key, here.root.key.get()) == 1);
    CHECK(EVP_PKEY_eq(here.root.key.get(), key) == 1);
    CHECK(spki_of(key) == spki_of(here.root.key.get()));
    CHECK(EVP_PKEY_get_bits(key) == 256);
    const Pkey copy(EVP_PKEY_dup(key));
    REQUIRE(copy != nullptr);
    CHECK(spki_of(copy.get()) == spki_of(key));
    const Bio text(BIO_new(BIO_s_mem()));
    CHECK(EVP_PKEY_print_public(text.get(), key, 0, nullptr) == 1);
    const PkeyCtx checking(EVP_PKEY_CTX_new_from_pkey(here.libctx.get(), key, nullptr));
    CHECK(EVP_PKEY_public_check(checking.get()) == 1);
    // What another provider computes with: not what it verifies with.
    OSSL_PARAM* exported = nullptr;
    CHECK(EVP_PKEY_todata(key, EVP_PKEY_PUBLIC_KEY, &exported) == 1);
    OSSL_PARAM_free(exported);
    CHECK(here.chip.transfers() == 0);
    CHECK(verify_message(here.libctx.get(), copy.get(), signature_by(here.root.key.get())) == 1);
    CHECK(here.verifications() == 1);
}

TEST_CASE("a trust anchor verifies over every digest, and over a digest that is given", "[anchor]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    const std::string group = GENERATE("P-256", "P-384");
    INFO(name_of(arrangement) << ", " << group);
    const Anchored here(arrangement, group);
    const Pkey key = read_key_info(here.libctx.get(), spki_of(here.root.key.get()));
    int expected = 0;
    for (const char* digest : {"SHA1", "SHA224", "SHA256", "SHA384", "SHA512", "SHA3-256", "SHA3-512"}) {
        CAPTURE(digest);
        CHECK(verify_message(here.libctx.get(), key.get(), signature_by(here.root.key.get(), digest), digest) == 1);
        CHECK(here.verifications() == ++expected);
    }
    const std::string digest = "0123456789abcdef0123456789abcdef";
    const auto* const octets = reinterpret_cast<const unsigned char*>(digest.data());
    std::array<unsigned char, 128> signature{};
    std::size_t size = signature.size();
    const PkeyCtx signing(EVP_PKEY_CTX_new(here.root.key.get(), nullptr));
    REQUIRE(EVP_PKEY_sign_init(signing.get()) == 1);
    REQUIRE(EVP_PKEY_sign(signing.get(), signature.data(), &size, octets, digest.size()) == 1);
    const PkeyCtx verifying(EVP_PKEY_CTX_new_from_pkey(here.libctx.get(), key.get(), nullptr));
    REQUIRE(EVP_PKEY_verify_init(verifying.get()) == 1);
    CHECK(EVP_PKEY_verify(verifying.get(), signature.data(), size, octets, digest.size()) == 1);
    CHECK(here.verifications() == ++expected);
}

TEST_CASE("what is no signature is refused without the chip", "[anchor]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    INFO(name_of(arrangement));
    const Anchored here(arrangement);
    const Pkey key = read_key_info(here.libctx.get(), spki_of(here.root.key.get()));
    const std::string good = signature_by(here.root.key.get());
    for (const std::string& bad : {std::string{}, std::string{"nonsense"}, good + "x", good.substr(0, good.size() - 1),
                                   std::string{"\x30\x06\x02\x01\x00\x02\x01\x00", 8}}) {
        CHECK(verify_message(here.libctx.get(), key.get(), bad) <= 0);
    }
    CHECK(here.chip.transfers() == 0);
    static_cast<void>(take_errors());
}

TEST_CASE("the key of a trust anchor is recognised in every form of its point, and keeps it", "[anchor]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    const std::string form = GENERATE("uncompressed", "compressed", "hybrid");
    const std::string group = GENERATE("P-256", "P-384");
    INFO(name_of(arrangement) << ", " << group << ", " << form);
    const Anchored here(arrangement, group);
    const Pkey written(EVP_PKEY_dup(here.root.key.get()));
    REQUIRE(EVP_PKEY_set_utf8_string_param(written.get(), OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, form.c_str()) ==
            1);
    const std::string spki = spki_of(written.get());
    const Pkey key = read_key_info(here.libctx.get(), spki);
    REQUIRE(key != nullptr);
    CHECK(spki_of(key.get()) == spki);
    CHECK(verify_message(here.libctx.get(), key.get(), signature_by(here.root.key.get())) == 1);
    CHECK(here.verifications() == 1);
    CHECK(take_errors().empty());
}

TEST_CASE("a trust anchor that is not what the configuration says fails by name", "[anchor]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    INFO(name_of(arrangement));
    const Anchored here(arrangement);
    const Pkey leaf_key = software_key(nullptr);
    const auto leaf = here.root.issues(leaf_key.get());
    const Authority other;
    const Authority on_another_curve("P-384");
    const Authority& rsa = rsa_authority();
    auto wrapped = trustx::encode_certificate_object(
        {.form = trustx::CertificateForm::tls_identity, .certificates = {der_of(here.root.certificate)}});
    REQUIRE(wrapped);
    struct Case {
        const char* name;
        trustx::Bytes content;
        Reason reason;
    };
    for (const auto& [name, content, reason] :
         {Case{"another authority", der_of(other.certificate), Reason::anchor_replaced},
          Case{"one on another curve", der_of(on_another_curve.certificate), Reason::anchor_replaced},
          Case{"one with an RSA key", der_of(rsa.certificate), Reason::anchor_replaced},
          Case{"nothing", trustx::Bytes(16, 0), Reason::object_empty},
          Case{"a wrapped certificate", *wrapped, Reason::anchor_unusable},
          Case{"something else", trustx::Bytes(16, 0x55), Reason::anchor_unusable}}) {
        INFO(name);
        write_to(here.chip, anchor_1, content);
        here.chip.reset_counters();
        CHECK(here.verify(leaf, here.root.certificate) <= 0);
        CHECK(here.verifications() == 1);
        check_refused(reason);
    }
    // The chip would take this for right.
    write_to(here.chip, anchor_1, der_of(other.certificate));
    CHECK(here.verify(other.issues(leaf_key.get()), here.root.certificate) <= 0);
    check_refused(Reason::anchor_replaced);

    write_to(here.chip, anchor_1, der_of(here.root.certificate));
    CHECK(here.verify(leaf, here.root.certificate) == 1);
}

TEST_CASE("the trace names a trust anchor that was replaced, for programs that print no reason", "[anchor]") {
    const TempDir directory;
    const auto trace = directory.path() / "trace";
    const Anchored here(Arrangement::default_first, "P-256", {{"trace", trace.string()}});
    const Authority other;
    write_to(here.chip, anchor_1, der_of(other.certificate));
    CHECK(here.verify(here.root.certificate, here.root.certificate) <= 0);
    CHECK_THAT(read_file(trace), ContainsSubstring("E0E8: the object holds the certificate of another key"));
    static_cast<void>(take_errors());
}

TEST_CASE("a key that the configuration gives to another trust anchor fails by that one's name", "[anchor]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    INFO(name_of(arrangement));
    const Authority root;
    const Anchored here(arrangement, "P-256", {{"verify-anchors", root.entry(anchor_8)}});
    write_to(here.chip, anchor_1, der_of(root.certificate));
    CHECK(here.verify(root.certificate, root.certificate) <= 0);
    check_refused(Reason::object_empty, "E0EF");
    write_to(here.chip, anchor_8, der_of(root.certificate));
    here.chip.reset_counters();
    CHECK(here.verify(root.certificate, root.certificate) == 1);
    CHECK(here.verifications() == 1);
}

TEST_CASE("a program gets no certificate out of a trust anchor that holds another than configured", "[anchor]") {
    const Anchored here;
    const Authority other;
    CHECK(here.bench.openssl({"storeutl", "-certs", "trustx:E0E8"}).ok());
    write_to(here.chip, anchor_1, der_of(other.certificate));
    for (const char* uri : {"trustx:E0E8", "trustx:"}) {
        const Outcome listed = here.bench.openssl({"storeutl", "-certs", uri});
        INFO(listed.both());
        CHECK_FALSE(listed.ok());
        CHECK_THAT(first_error_line(listed), ContainsSubstring("trust anchor E0E8"));
    }
}

TEST_CASE("without the chip nothing is verified, and the error names the trust anchor", "[anchor]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    INFO(name_of(arrangement));
    Anchored here(arrangement);
    here.chip.simulator().kill9();
    CHECK(here.verify(here.root.certificate, here.root.certificate) <= 0);
    check_refused(trustx::provider::reason_of(trustx::Error{trustx::Errc::no_listener}));
    here.chip.simulator().restart();
    CHECK(here.verify(here.root.certificate, here.root.certificate) == 1);
}

TEST_CASE("a chip that is reset while it verifies verifies again", "[anchor]") {
    const Anchored here;
    static_cast<void>(here.chip.simulator().control({"fault", "reset,during=VerifySign,nth=1"}));
    CHECK(here.verify(here.root.certificate, here.root.certificate) == 1);
    CHECK(here.verifications() >= 1);
    CHECK(take_errors().empty());

    static_cast<void>(here.chip.simulator().control({"fault", "reset,during=VerifySign,every=1"}));
    CHECK(here.verify(here.root.certificate, here.root.certificate) <= 0);
    CHECK_THAT(joined(take_errors()), ContainsSubstring("trust anchor E0E8"));
}

TEST_CASE("a setting that cannot be read lets nobody verify with a key that may be a trust anchor's", "[anchor]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    const Authority root;
    const std::string digest = root.digest();
    const std::string value =
        GENERATE_COPY(as<std::string>{}, "E0E8", "E0E8=", "E0E8=" + digest.substr(1), "E0E8=" + digest + "0",
                      "E0E8=x" + digest.substr(1), "E0E1=" + digest, "E0F1=" + digest, "E0E8=" + digest + ",",
                      "E0E8=" + digest + ",E0EF=" + digest, "E0E8=" + digest + ",E0E8=" + std::string(64, '0'));
    INFO(name_of(arrangement) << ", " << value);
    const Anchored here(arrangement, "P-256", {{"verify-anchors", value}});
    CHECK(here.verify(root.certificate, root.certificate) <= 0);
    check_refused(Reason::setting_invalid, "verify-anchors");
    const Authority& rsa = rsa_authority();
    CHECK(here.verify(rsa.certificate, rsa.certificate) == 1);
    CHECK(here.chip.transfers() == 0);
    static_cast<void>(take_errors());
}

TEST_CASE("keys that no trust anchor can have are not verified with when they are configured", "[anchor]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    INFO(name_of(arrangement));
    const Authority& rsa = rsa_authority();
    const Authority large("P-521");
    const Anchored here(arrangement, "P-256", {{"verify-anchors", rsa.entry(anchor_1) + ", " + large.entry(anchor_8)}});
    CHECK(here.verify(large.certificate, large.certificate) <= 0);
    // Where trustx is first, libcrypto asks the other provider's decoder before ours. A key of EC comes to us then all
    // the same, one of RSA does not. Elsewhere nobody decodes the key, and libcrypto keeps our reason to itself.
    if (arrangement == Arrangement::trustx_first) {
        check_refused(Reason::anchor_unusable, "E0EF");
    } else {
        CHECK(here.verify(rsa.certificate, rsa.certificate) <= 0);
    }
    CHECK(here.chip.transfers() == 0);
    static_cast<void>(take_errors());
}

TEST_CASE("where fips=yes is demanded a trust anchor verifies if the claim is made, and nobody otherwise", "[anchor]") {
    const bool claim = GENERATE(true, false);
    CAPTURE(claim);
    const Anchored here(Arrangement::default_first, "P-256", {{"claim-fips", claim ? "yes" : "no"}});
    const Pkey key = read_key_info(here.libctx.get(), spki_of(here.root.key.get()));
    REQUIRE(key != nullptr);
    const MdCtx ctx(EVP_MD_CTX_new());
    const int begun =
        EVP_DigestVerifyInit_ex(ctx.get(), nullptr, "SHA256", here.libctx.get(), "fips=yes", key.get(), nullptr);
    CHECK((begun == 1) == claim);
    CHECK(here.chip.transfers() == 0);
    static_cast<void>(take_errors());
}

TEST_CASE("with the application's own providers a trust anchor verifies as well", "[anchor]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    INFO(name_of(arrangement));
    const Anchored here(arrangement, "P-256", {{"library-context", "child"}});
    CHECK(here.verify(here.root.certificate, here.root.certificate) == 1);
    CHECK(here.verifications() == 1);
    const Authority other;
    write_to(here.chip, anchor_1, der_of(other.certificate));
    CHECK(here.verify(here.root.certificate, here.root.certificate) <= 0);
    check_refused(Reason::anchor_replaced);
}

TEST_CASE("threads verify with one trust anchor", "[anchor]") {
    const auto arrangement = GENERATE(Arrangement::default_first, Arrangement::trustx_preferred);
    INFO(name_of(arrangement));
    const Anchored here(arrangement);
    const auto root = here.read(here.root.certificate);
    constexpr int each = 5;
    std::array<int, 4> verified{};
    std::vector<std::thread> threads;
    for (auto& count : verified) {
        threads.emplace_back([&count, &here, &root] {
            for (int i = 0; i < each; ++i) {
                const auto subject = Anchored::read_in(here.libctx.get(), here.root.certificate);
                count += X509_verify(subject.get(), X509_get0_pubkey(root.get())) == 1 ? 1 : 0;
            }
        });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    CHECK(verified == std::array<int, 4>{each, each, each, each});
    CHECK(here.verifications() == 4 * each);
}

TEST_CASE("a key that was read before a fork is verified with in the child, and in the parent after it", "[anchor]") {
    const bool used_before = GENERATE(false, true);
    CAPTURE(used_before);
    const Anchored here;
    const Pkey key = read_key_info(here.libctx.get(), spki_of(here.root.key.get()));
    const std::string signature = signature_by(here.root.key.get());
    if (used_before) {
        REQUIRE(verify_message(here.libctx.get(), key.get(), signature) == 1);
    }
    here.chip.reset_counters();
    const pid_t child = fork_with_deadline();
    if (child == 0) {
        ::_exit(verify_message(here.libctx.get(), key.get(), signature) == 1 ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
    CHECK(here.verifications() == 1);
    CHECK(verify_message(here.libctx.get(), key.get(), signature) == 1);
    CHECK(here.verifications() == 2);
}

namespace {

// A server, and a client that trusts the authority in the chip's trust anchor.
struct Verifying {
    const Anchored& here;
    Pkey server_key = software_key(nullptr);
    Context client{SSL_CTX_new_ex(here.libctx.get(), nullptr, TLS_client_method())};
    Context server{SSL_CTX_new(TLS_server_method())};

    explicit Verifying(const Anchored& anchored, int version) : here(anchored) {
        for (SSL_CTX* const ctx : {client.get(), server.get()}) {
            REQUIRE(SSL_CTX_set_min_proto_version(ctx, version) == 1);
            REQUIRE(SSL_CTX_set_max_proto_version(ctx, version) == 1);
        }
        SSL_CTX_set_verify(client.get(), SSL_VERIFY_PEER, nullptr);
    }
    void trust(const Certificate& certificate) {
        REQUIRE(X509_STORE_add_cert(SSL_CTX_get_cert_store(client.get()), here.read(certificate).get()) == 1);
    }
    void serve(const Certificate& leaf, const Certificate* chain = nullptr) {
        REQUIRE(SSL_CTX_use_certificate(server.get(), leaf.get()) == 1);
        REQUIRE(SSL_CTX_use_PrivateKey(server.get(), server_key.get()) == 1);
        if (chain != nullptr) {
            REQUIRE(SSL_CTX_add1_chain_cert(server.get(), chain->get()) == 1);
        }
    }
};

}  // namespace

TEST_CASE("a handshake takes one verification by the chip where its chain ends in a trust anchor", "[anchor][tls]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    const auto version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    INFO(name_of(arrangement) << ", TLS version " << version);
    const Anchored here(arrangement);

    SECTION("directly, and none when it is resumed") {
        Verifying ends(here, version);
        ends.trust(here.root.certificate);
        ends.serve(here.root.issues(ends.server_key.get()));
        const Link link(ends.client.get(), ends.server.get());
        REQUIRE(link.handshake());
        REQUIRE(link.exchange());
        CHECK(here.verifications() == 1);
        const Session session(SSL_get1_session(link.client.get()));
        const Link resumed(ends.client.get(), ends.server.get());
        REQUIRE(SSL_set_session(resumed.client.get(), session.get()) == 1);
        REQUIRE(resumed.handshake());
        CHECK(SSL_session_reused(resumed.client.get()) == 1);
        CHECK(here.verifications() == 1);
    }
    SECTION("over an intermediate authority") {
        Verifying ends(here, version);
        const Pkey middle_key = software_key(nullptr);
        const Authority middle(Pkey(EVP_PKEY_dup(middle_key.get())), "intermediate");
        ends.trust(here.root.certificate);
        // A certificate of an authority, by the root.
        const Certificate by_root(X509_dup(middle.certificate.get()));
        REQUIRE(X509_set_issuer_name(by_root.get(), X509_get_subject_name(here.root.certificate.get())) == 1);
        REQUIRE(X509_sign(by_root.get(), here.root.key.get(), EVP_sha256()) > 0);
        ends.serve(middle.issues(ends.server_key.get()), &by_root);
        const Link link(ends.client.get(), ends.server.get());
        REQUIRE(link.handshake());
        CHECK(here.verifications() == 1);
    }
    SECTION("and none where the server's own certificate is trusted") {
        Verifying ends(here, version);
        const auto leaf = here.root.issues(ends.server_key.get());
        ends.trust(leaf);
        X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ends.client.get()), X509_V_FLAG_PARTIAL_CHAIN);
        ends.serve(leaf);
        const Link link(ends.client.get(), ends.server.get());
        REQUIRE(link.handshake());
        CHECK(here.chip.transfers() == 0);
    }
    SECTION("and fails by name when the trust anchor was replaced") {
        Verifying ends(here, version);
        ends.trust(here.root.certificate);
        ends.serve(here.root.issues(ends.server_key.get()));
        const Authority other;
        write_to(here.chip, anchor_1, der_of(other.certificate));
        const Link link(ends.client.get(), ends.server.get());
        CHECK_FALSE(link.handshake());
        CHECK(SSL_get_verify_result(link.client.get()) == X509_V_ERR_CERT_SIGNATURE_FAILURE);
        check_refused(Reason::anchor_replaced);
    }
}

TEST_CASE("an intermediate authority can be the trust anchor", "[anchor][tls]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    INFO(name_of(arrangement));
    const Authority top;
    const Anchored here(arrangement);
    const Certificate middle(X509_dup(here.root.certificate.get()));
    REQUIRE(X509_set_issuer_name(middle.get(), X509_get_subject_name(top.certificate.get())) == 1);
    REQUIRE(X509_sign(middle.get(), top.key.get(), EVP_sha256()) > 0);
    write_to(here.chip, anchor_1, der_of(middle));
    here.chip.reset_counters();
    Verifying ends(here, TLS1_3_VERSION);
    ends.trust(middle);
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ends.client.get()), X509_V_FLAG_PARTIAL_CHAIN);
    ends.serve(here.root.issues(ends.server_key.get()));
    const Link link(ends.client.get(), ends.server.get());
    REQUIRE(link.handshake());
    CHECK(here.verifications() == 1);
}

TEST_CASE("libssl verifies the client's own chain, too, where the program gave none", "[anchor][tls]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    INFO(name_of(arrangement));
    const Anchored here(arrangement);
    Verifying ends(here, TLS1_3_VERSION);
    ends.trust(here.root.certificate);
    ends.serve(here.root.issues(ends.server_key.get()));
    SSL_CTX_set_verify(ends.server.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    REQUIRE(X509_STORE_add_cert(SSL_CTX_get_cert_store(ends.server.get()), here.root.certificate.get()) == 1);
    const Pkey own_key = software_key(nullptr);
    REQUIRE(SSL_CTX_use_certificate(ends.client.get(), here.read(here.root.issues(own_key.get(), "own")).get()) == 1);
    REQUIRE(SSL_CTX_use_PrivateKey(ends.client.get(), own_key.get()) == 1);
    const Link link(ends.client.get(), ends.server.get());
    const bool done = link.handshake();
    INFO(joined(take_errors()));
    REQUIRE(done);
    CHECK(here.verifications() == 2);
}

TEST_CASE("the openssl tool ends chains and checks signatures in the chip", "[anchor][tool]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    const std::vector<std::string> more =
        GENERATE(std::vector<std::string>{}, std::vector<std::string>{"-provider", "legacy"});
    INFO(name_of(arrangement) << (more.empty() ? "" : ", with -provider legacy"));
    const Anchored here(arrangement);
    const auto must = [&](std::vector<std::string> arguments, int verifications) {
        here.chip.reset_counters();
        arguments.insert(arguments.begin() + 1, more.begin(), more.end());
        here.bench.must_openssl(arguments);
        CHECK(here.verifications() == verifications);
    };
    const auto write_pem = [&](const std::string& name, X509* certificate, EVP_PKEY* key) {
        const Bio out(BIO_new_file(here.bench.path(name + ".pem").c_str(), "w"));
        REQUIRE(PEM_write_bio_X509(out.get(), certificate) == 1);
        const Bio private_out(BIO_new_file(here.bench.path(name + ".key").c_str(), "w"));
        REQUIRE(PEM_write_bio_PrivateKey(private_out.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
        const Bio public_out(BIO_new_file(here.bench.path(name + ".pub").c_str(), "w"));
        REQUIRE(PEM_write_bio_PUBKEY(public_out.get(), key) == 1);
    };
    const Pkey leaf_key = software_key(nullptr);
    write_pem("root", here.root.certificate.get(), here.root.key.get());
    write_pem("leaf", here.root.issues(leaf_key.get()).get(), leaf_key.get());
    write_file(here.bench.path("message"), message);
    write_file(here.bench.path("signature"), signature_by(here.root.key.get()));

    must({"verify", "-CAfile", "root.pem", "leaf.pem"}, 1);
    must({"verify", "-CAstore", "trustx:", "leaf.pem"}, 1);
    must({"verify", "-CAstore", "trustx:E0E8", "leaf.pem"}, 1);
    must({"verify", "-CAfile", "root.pem", "root.pem"}, 0);
    must({"verify", "-check_ss_sig", "-CAfile", "root.pem", "root.pem"}, 1);
    must({"dgst", "-sha256", "-verify", "root.pub", "-signature", "signature", "message"}, 1);
    here.bench.must_openssl({"cms", "-sign", "-binary", "-nodetach", "-in", "message", "-signer", "leaf.pem", "-inkey",
                             "leaf.key", "-outform", "DER", "-out", "leaf.cms"});
    here.bench.must_openssl({"cms", "-sign", "-binary", "-nodetach", "-in", "message", "-signer", "root.pem", "-inkey",
                             "root.key", "-outform", "DER", "-out", "root.cms"});
    must({"cms", "-verify", "-inform", "DER", "-in", "leaf.cms", "-CAfile", "root.pem", "-purpose", "any", "-out",
          "out"},
         1);
    must({"cms", "-verify", "-inform", "DER", "-in", "root.cms", "-CAfile", "root.pem", "-purpose", "any", "-out",
          "out"},
         1);
    CHECK(read_file(here.bench.path("out")) == message);
}
