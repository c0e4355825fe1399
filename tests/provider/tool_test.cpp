// SPDX-License-Identifier: Apache-2.0
// The openssl tool with chip keys, in every arrangement of providers: whatever a software key can do there, done with
// a reference, and compared with the software key where bytes can be compared.
#include "support/catch.hpp"
#include "workbench.hpp"

using namespace trustx::test;

namespace {

// chip.pem and soft.pem: two keys of one group.
struct Pair {
    ChipBench chip;

    explicit Pair(Arrangement arrangement, const std::string& group = "P-256") : chip(arrangement) {
        std::filesystem::rename(chip.make_key("E0F1", group), chip->path("chip.pem"));
        chip->must_openssl({"genpkey", "-algorithm", "EC", "-pkeyopt", "group:" + group, "-out", "soft.pem"});
        for (const char* name : {"chip", "soft"}) {
            const std::string key = name;
            chip->must_openssl({"pkey", "-in", key + ".pem", "-pubout", "-out", key + ".pub"});
        }
        chip.reset_counters();
    }
    const Bench& bench() const { return chip.bench(); }
};

std::string in_hex(const std::string& bytes) {
    std::string text;
    constexpr char digits[] = "0123456789abcdef";
    for (const char byte : bytes) {
        text += digits[static_cast<unsigned char>(byte) >> 4];
        text += digits[static_cast<unsigned char>(byte) & 15];
    }
    return text;
}

// without blanks the public key.
std::string without(const std::string& der, const std::string& point) {
    std::string text = in_hex(der);
    const auto at = text.find(in_hex(point));
    REQUIRE(at != std::string::npos);
    text.replace(at, point.size() * 2, "POINT");
    return text;
}

std::string point_of(const Bench& bench, const std::string& public_key, const std::string& group) {
    const std::string der = bench.must_openssl({"pkey", "-pubin", "-in", public_key, "-pubout", "-outform", "DER"});
    return der.substr(der.size() - (group == "P-256" ? 65 : 97));
}

}  // namespace

TEST_CASE("a request made with a chip key differs from a software key's in key and signature only", "[tool]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    const auto group = GENERATE("P-256", "P-384");
    INFO(name_of(arrangement) << ", " << group);
    const Pair pair(arrangement, group);
    const Bench& bench = pair.bench();
    for (const char* name : {"chip", "soft"}) {
        const std::string key = name;
        bench.must_openssl({"req", "-new", "-key", key + ".pem", "-subj", "/O=test/CN=gateway", "-addext",
                            "subjectAltName=DNS:gateway.example", "-out", key + ".csr"});
        bench.must_openssl({"req", "-in", key + ".csr", "-verify", "-noout"});
        bench.must_openssl({"req", "-in", key + ".csr", "-outform", "DER", "-out", key + ".der"});
    }
    CHECK(pair.chip.private_key_uses() == 1);
    const auto body = [&](const std::string& key) {
        const std::string der = read_file(bench.path(key + ".der"));
        const std::string text = without(der, point_of(bench, key + ".pub", group));
        // Outer header (its length depends on the signature) and signature aside.
        const auto begin = text.find("3082", 4) == 8 ? 8u : text.find("3081", 2);
        const auto algorithm = text.find("300a06082a8648ce3d0403");
        REQUIRE(algorithm != std::string::npos);
        return text.substr(begin, algorithm + 24 - begin);
    };
    CHECK(body("chip") == body("soft"));
    // Named curve, not explicit parameters.
    CHECK_THAT(bench.must_openssl({"req", "-in", "chip.csr", "-noout", "-text"}),
               ContainsSubstring("NIST CURVE: " + std::string(group)));
}

TEST_CASE("chip keys sign certificates, revocation lists and certificates of others", "[tool]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    const auto group = GENERATE("P-256", "P-384");
    INFO(name_of(arrangement) << ", " << group);
    const Pair pair(arrangement, group);
    const Bench& bench = pair.bench();
    bench.must_openssl(
        {"req", "-new", "-x509", "-key", "chip.pem", "-subj", "/CN=chip CA", "-days", "2", "-out", "ca.pem"});
    CHECK_THAT(bench.must_openssl({"verify", "-CAfile", "ca.pem", "ca.pem"}), ContainsSubstring("OK"));
    bench.must_openssl({"req", "-new", "-key", "soft.pem", "-subj", "/CN=leaf", "-out", "leaf.csr"});
    bench.must_openssl({"x509", "-req", "-in", "leaf.csr", "-CA", "ca.pem", "-CAkey", "chip.pem", "-CAcreateserial",
                        "-sha384", "-days", "2", "-out", "leaf.pem"});
    CHECK_THAT(bench.must_openssl({"verify", "-CAfile", "ca.pem", "leaf.pem"}), ContainsSubstring("OK"));
    CHECK_THAT(bench.must_openssl({"x509", "-in", "leaf.pem", "-noout", "-text"}),
               ContainsSubstring("ecdsa-with-SHA384"));
    bench.must_openssl({"x509", "-in", "leaf.pem", "-signkey", "soft.pem", "-out", "self.pem"});
    write_file(bench.path("index.txt"), "");
    write_file(
        bench.path("ca.cnf"),
        "[ca]\ndefault_ca = demo\n[demo]\ndatabase = index.txt\nnew_certs_dir = .\nserial = serial\n"
        "policy = any\ndefault_md = default\ndefault_days = 2\ndefault_crl_days = 2\n[any]\ncommonName = supplied\n");
    write_file(bench.path("serial"), "01\n");
    bench.must_openssl({"ca", "-config", "ca.cnf", "-batch", "-notext", "-in", "leaf.csr", "-cert", "ca.pem",
                        "-keyfile", "chip.pem", "-out", "leaf2.pem"});
    CHECK_THAT(bench.must_openssl({"verify", "-CAfile", "ca.pem", "leaf2.pem"}), ContainsSubstring("OK"));
    bench.must_openssl(
        {"ca", "-config", "ca.cnf", "-gencrl", "-cert", "ca.pem", "-keyfile", "chip.pem", "-out", "crl.pem"});
    const Outcome crl = bench.openssl({"crl", "-in", "crl.pem", "-CAfile", "ca.pem", "-noout"});
    CHECK_THAT(crl.err, ContainsSubstring("verify OK"));
    CHECK(pair.chip.private_key_uses() == 4);
}

namespace {

// issue makes a certificate for the chip key, by a certification authority with the software key.
void issue(const Bench& bench, const std::string& name, const std::string& purpose) {
    write_file(bench.path("purpose.ext"), "extendedKeyUsage = " + purpose + "\n");
    bench.must_openssl({"x509", "-req", "-in", "chip.csr", "-CA", "ca.pem", "-CAkey", "soft.pem", "-CAcreateserial",
                        "-days", "2", "-extfile", "purpose.ext", "-out", name});
}

void set_up_authority(const Bench& bench) {
    bench.must_openssl(
        {"req", "-new", "-x509", "-key", "soft.pem", "-subj", "/CN=authority", "-days", "2", "-out", "ca.pem"});
    bench.must_openssl({"req", "-new", "-key", "chip.pem", "-subj", "/CN=chip", "-out", "chip.csr"});
}

}  // namespace

TEST_CASE("a responder with a chip key tells by OCSP which certificates are revoked", "[tool]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    INFO(name_of(arrangement));
    const Pair pair(arrangement);
    const Bench& bench = pair.bench();
    set_up_authority(bench);
    issue(bench, "responder.pem", "OCSPSigning");
    write_file(bench.path("index.txt"),
               "V\t491231235959Z\t\t10\tunknown\t/CN=good\n"
               "R\t491231235959Z\t240101000000Z\t11\tunknown\t/CN=revoked\n");
    bench.must_openssl(
        {"ocsp", "-issuer", "ca.pem", "-serial", "0x10", "-serial", "0x11", "-no_nonce", "-reqout", "question"});
    pair.chip.reset_counters();
    bench.must_openssl({"ocsp", "-index", "index.txt", "-CA", "ca.pem", "-rsigner", "responder.pem", "-rkey",
                        "chip.pem", "-reqin", "question", "-respout", "answer"});
    CHECK(pair.chip.private_key_uses() == 1);
    const Outcome verified = bench.openssl(
        {"ocsp", "-respin", "answer", "-issuer", "ca.pem", "-CAfile", "ca.pem", "-serial", "0x10", "-serial", "0x11"});
    INFO(verified.both());
    CHECK(verified.ok());
    CHECK_THAT(verified.err, ContainsSubstring("Response verify OK"));
    CHECK_THAT(verified.out, ContainsSubstring("0x10: good"));
    CHECK_THAT(verified.out, ContainsSubstring("0x11: revoked"));
    CHECK(pair.chip.private_key_uses() == 1);
}

TEST_CASE("a time stamping authority with a chip key answers, and its time stamp verifies", "[tool]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    INFO(name_of(arrangement));
    const Pair pair(arrangement);
    const Bench& bench = pair.bench();
    set_up_authority(bench);
    issue(bench, "tsa.pem", "critical,timeStamping");
    write_file(bench.path("message"), "message");
    write_file(bench.path("other"), "another message");
    write_file(bench.path("tsa.cnf"),
               "[tsa]\ndefault_tsa = demo\n[demo]\nserial = tsa.serial\nsigner_digest = sha256\n"
               "default_policy = 1.2.3.4\ndigests = sha256\n");
    bench.must_openssl({"ts", "-query", "-data", "message", "-sha256", "-cert", "-out", "question"});
    pair.chip.reset_counters();
    bench.must_openssl({"ts", "-reply", "-config", "tsa.cnf", "-queryfile", "question", "-signer", "tsa.pem", "-inkey",
                        "chip.pem", "-out", "stamp"});
    CHECK(pair.chip.private_key_uses() == 1);
    CHECK_THAT(bench.must_openssl({"ts", "-verify", "-data", "message", "-in", "stamp", "-CAfile", "ca.pem"}),
               ContainsSubstring("Verification: OK"));
    CHECK_FALSE(bench.openssl({"ts", "-verify", "-data", "other", "-in", "stamp", "-CAfile", "ca.pem"}).ok());
}

TEST_CASE("a chip key signs with any digest, at once, raw and through dgst and pkeyutl", "[tool]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    INFO(name_of(arrangement));
    const Pair pair(arrangement);
    const Bench& bench = pair.bench();
    write_file(bench.path("message"), "message");
    for (const char* digest : {"-sha256", "-sha384", "-sha512", "-sha3-256"}) {
        bench.must_openssl({"dgst", digest, "-sign", "chip.pem", "-out", "signature", "message"});
        bench.must_openssl({"dgst", digest, "-verify", "chip.pub", "-signature", "signature", "message"});
        bench.must_openssl({"dgst", digest, "-prverify", "chip.pem", "-signature", "signature", "message"});
    }
    CHECK(pair.chip.private_key_uses() == 4);
    bench.must_openssl({"dgst", "-sha256", "-binary", "-out", "digest", "message"});
    bench.must_openssl({"pkeyutl", "-sign", "-inkey", "chip.pem", "-in", "digest", "-out", "raw"});
    bench.must_openssl({"pkeyutl", "-verify", "-pubin", "-inkey", "chip.pub", "-in", "digest", "-sigfile", "raw"});
    bench.must_openssl(
        {"pkeyutl", "-sign", "-rawin", "-digest", "sha512", "-inkey", "chip.pem", "-in", "message", "-out", "long"});
    bench.must_openssl({"pkeyutl", "-verify", "-rawin", "-digest", "sha512", "-pubin", "-inkey", "chip.pub", "-in",
                        "message", "-sigfile", "long"});
    CHECK(pair.chip.private_key_uses() == 6);
}

TEST_CASE("CMS messages are signed without naming a digest", "[tool]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    INFO(name_of(arrangement));
    const Pair pair(arrangement);
    const Bench& bench = pair.bench();
    bench.must_openssl({"req", "-new", "-x509", "-key", "chip.pem", "-subj", "/CN=signer", "-days", "2", "-addext",
                        "extendedKeyUsage=emailProtection", "-out", "signer.pem"});
    write_file(bench.path("message"), "message\n");
    pair.chip.reset_counters();
    bench.must_openssl(
        {"cms", "-sign", "-in", "message", "-signer", "signer.pem", "-inkey", "chip.pem", "-out", "signed"});
    CHECK(pair.chip.private_key_uses() == 1);
    bench.must_openssl({"cms", "-verify", "-in", "signed", "-CAfile", "signer.pem", "-purpose", "any"});
}

TEST_CASE("a certificate that does not fit the key is refused", "[tool]") {
    const Pair pair(Arrangement::default_first);
    const Bench& bench = pair.bench();
    bench.must_openssl(
        {"req", "-new", "-x509", "-key", "soft.pem", "-subj", "/CN=other", "-days", "2", "-out", "other.pem"});
    write_file(bench.path("message"), "message\n");
    const Outcome outcome = bench.openssl(
        {"cms", "-sign", "-in", "message", "-signer", "other.pem", "-inkey", "chip.pem", "-out", "signed"});
    CHECK_FALSE(outcome.ok());
    CHECK(pair.chip.private_key_uses() == 0);
}

TEST_CASE("loading, listing, comparing and printing use no private key", "[tool]") {
    const Pair pair(Arrangement::default_first);
    const Bench& bench = pair.bench();
    bench.must_openssl({"pkey", "-in", "chip.pem", "-text", "-noout"});
    bench.must_openssl({"pkey", "-in", "chip.pem", "-check", "-noout"});
    bench.must_openssl({"ec", "-in", "chip.pem", "-noout", "-text"});
    bench.must_openssl({"storeutl", "-noout", "chip.pem"});
    CHECK(pair.chip.transfers() == 0);
}
