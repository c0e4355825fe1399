// SPDX-License-Identifier: Apache-2.0
// Key files: the PEM and DER form of key references, good and bad. None of this needs a chip.
#include "support/build_tree.hpp"
#include "support/catch.hpp"
#include "workbench.hpp"

#include <openssl/pem.h>

using namespace trustx::test;

namespace {

// A bench with key.pem, the reference of a key whose private half exists in software.pem.
struct KeyFile {
    Bench bench;
    std::string pem;

    explicit KeyFile(BenchOptions options = {}, const std::string& group = "P-256") : bench(std::move(options)) {
        bench.must_openssl({"genpkey", "-propquery", "provider=default", "-algorithm", "EC", "-pkeyopt",
                            "group:" + group, "-out", "software.pem"});
        const LibCtx libctx = bench.libctx();
        const Pkey software = load_key(libctx.get(), bench.path("software.pem"));
        pem = reference_pem(software.get());
        write("key.pem", pem);
    }
    void write(const std::string& name, const std::string& content) const { write_file(bench.path(name), content); }
    [[nodiscard]] std::string read(const std::string& name) const { return read_file(bench.path(name)); }
};

}  // namespace

TEST_CASE("a key file loads without the chip and gives its public key", "[key_file]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    const auto group = GENERATE("P-256", "P-384");
    INFO(name_of(arrangement) << ", " << group);
    const KeyFile file(BenchOptions{.arrangement = arrangement}, group);
    CHECK(file.bench.must_openssl({"pkey", "-in", "key.pem", "-pubout"}) ==
          file.bench.must_openssl({"pkey", "-in", "software.pem", "-pubout"}));
    CHECK(file.bench.must_openssl({"ec", "-in", "key.pem", "-pubout"}) ==
          file.bench.must_openssl({"ec", "-in", "software.pem", "-pubout"}));
    file.bench.must_openssl({"pkey", "-in", "key.pem", "-pubcheck", "-noout"});
    file.bench.must_openssl({"pkey", "-in", "key.pem", "-check", "-noout"});
}

TEST_CASE("a key file goes through PEM and DER without change", "[key_file]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    INFO(name_of(arrangement));
    const KeyFile file(BenchOptions{.arrangement = arrangement});
    file.bench.must_openssl({"ec", "-in", "key.pem", "-outform", "DER", "-out", "key.der"});
    file.bench.must_openssl({"pkey", "-in", "key.der", "-inform", "DER", "-out", "again.pem"});
    CHECK_THAT(file.read("again.pem"), ContainsSubstring(file.pem));
    CHECK_THAT(file.read("again.pem"), ContainsSubstring("# key object: E0F1\n"));
    // Written again from what was written, nothing changes any more.
    CHECK(file.bench.must_openssl({"pkey", "-in", "again.pem"}) == file.read("again.pem"));
    CHECK(file.bench.must_openssl({"ec", "-in", "key.pem"}) == file.read("again.pem"));
    CHECK(file.bench.must_openssl({"storeutl", "-keys", "-noout", "key.pem"}) == "0: Pkey\nTotal found: 1\n");
}

TEST_CASE("the text of a chip key names slot and curve and shows no private part", "[key_file]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    INFO(name_of(arrangement));
    const KeyFile file(BenchOptions{.arrangement = arrangement});
    const std::string text = file.bench.must_openssl({"pkey", "-in", "key.pem", "-noout", "-text"});
    CHECK_THAT(text, ContainsSubstring("Private-Key: (256 bit, in OPTIGA Trust X)\nkey object: E0F1\n"));
    CHECK_THAT(text, ContainsSubstring("ASN1 OID: prime256v1\nNIST CURVE: P-256\n"));
    CHECK_THAT(text, !ContainsSubstring("priv:"));
    CHECK(file.bench.must_openssl({"pkey", "-in", "key.pem", "-noout", "-text_pub"}) ==
          file.bench.must_openssl({"pkey", "-in", "software.pem", "-noout", "-text_pub"}));
}

TEST_CASE("there is no traditional form of a chip key, and the first error says why", "[key_file]") {
    const KeyFile file;
    const Outcome outcome = file.bench.openssl({"pkey", "-in", "key.pem", "-traditional"});
    CHECK_FALSE(outcome.ok());
    CHECK(outcome.out.empty());
    CHECK_THAT(first_error_line(outcome), ContainsSubstring("private key cannot leave the chip"));
}

TEST_CASE("a key file's public key is written in any form of its point, as a software key's", "[key_file]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    INFO(name_of(arrangement));
    const KeyFile file(BenchOptions{.arrangement = arrangement});
    for (const std::string form : {"uncompressed", "compressed", "hybrid"}) {
        INFO(form);
        for (const auto& arguments : {std::vector<std::string>{"ec", "-pubout", "-conv_form", form},
                                      {"pkey", "-pubout", "-ec_conv_form", form}}) {
            const auto of = [&](const char* key) {
                auto all = arguments;
                all.insert(all.end(), {"-in", key});
                return file.bench.must_openssl(all);
            };
            CHECK(of("key.pem") == of("software.pem"));
        }
        // A reference holds its point in one form only.
        CHECK_THAT(file.bench.must_openssl({"ec", "-in", "key.pem", "-conv_form", form, "-param_enc", "named_curve"}),
                   ContainsSubstring(file.pem));
    }
}

TEST_CASE("a chip key is not exported as PKCS#8 or PKCS#12, and the first error says why", "[key_file]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    INFO(name_of(arrangement));
    const KeyFile file(BenchOptions{.arrangement = arrangement});
    file.bench.must_openssl({"req", "-x509", "-key", "software.pem", "-subj", "/CN=x", "-out", "cert.pem"});
    for (const auto& arguments :
         {std::vector<std::string>{"pkcs8", "-topk8", "-nocrypt", "-in", "key.pem"},
          {"pkcs8", "-topk8", "-in", "key.pem", "-passout", "pass:x"},
          {"pkcs8", "-topk8", "-nocrypt", "-outform", "DER", "-in", "key.pem"},
          {"pkcs12", "-export", "-inkey", "key.pem", "-in", "cert.pem", "-passout", "pass:x"}}) {
        const Outcome outcome = file.bench.openssl(arguments);
        INFO(arguments.front() << ": " << outcome.both());
        CHECK_FALSE(outcome.ok());
        CHECK(outcome.out.empty());
        CHECK_THAT(first_error_line(outcome),
                   ContainsSubstring("private key cannot leave the chip") && ContainsSubstring("E0F1"));
    }
}

TEST_CASE("a reference is never written encrypted", "[key_file]") {
    const KeyFile file;
    for (const auto& arguments : {std::vector<std::string>{"pkey", "-in", "key.pem", "-aes256", "-passout", "pass:x"},
                                  {"ec", "-in", "key.pem", "-aes256", "-passout", "pass:x"}}) {
        const Outcome outcome = file.bench.openssl(arguments);
        INFO(outcome.both());
        CHECK_FALSE(outcome.ok());
        CHECK_THAT(outcome.err, ContainsSubstring("trustx"));
        CHECK_THAT(outcome.err, ContainsSubstring("cannot be encrypted"));
        CHECK_THAT(outcome.out, !ContainsSubstring("BEGIN"));
    }
}

TEST_CASE("certificate and key may share a file, in either order and with text around", "[key_file]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    INFO(name_of(arrangement));
    const KeyFile file(BenchOptions{.arrangement = arrangement});
    const std::string certificate =
        file.bench.must_openssl({"req", "-new", "-x509", "-key", "software.pem", "-subj", "/CN=gateway", "-days", "2"});
    const std::string expected = file.bench.must_openssl({"pkey", "-in", "software.pem", "-pubout"});
    const LibCtx libctx = file.bench.libctx();
    for (const auto& content :
         {certificate + file.pem, file.pem + certificate, "hello\n" + file.pem + "good: bye\n" + certificate,
          certificate + certificate + "# comment\n" + file.pem}) {
        file.write("both.pem", content);
        CHECK(file.bench.must_openssl({"pkey", "-in", "both.pem", "-pubout"}) == expected);
        file.bench.must_openssl({"x509", "-in", "both.pem", "-noout"});
        const Pkey key = load_key(libctx.get(), file.bench.path("both.pem"));
        INFO(joined(take_errors()));
        CHECK(key != nullptr);
    }
}

TEST_CASE("a damaged key file is reported by us, and in the first line", "[key_file]") {
    const KeyFile file;
    const std::string begin = "-----BEGIN TRUSTX PRIVATE KEY-----\n";
    const std::string end = "-----END TRUSTX PRIVATE KEY-----\n";
    const std::string body = file.pem.substr(begin.size(), file.pem.size() - begin.size() - end.size());
    struct Case {
        std::string what;
        std::string content;
    };
    std::string flipped = body;
    flipped[2] = flipped[2] == 'A' ? 'B' : 'A';
    const Case cases[] = {
        {"no END line", begin + body},
        {"half of the body", begin + body.substr(0, body.size() / 2) + "\n" + end},
        {"not base64", begin + "this is not base64!\n" + end},
        {"empty", begin + end},
        {"first bytes changed", begin + flipped + end},
        {"trailing bytes", begin + body.substr(0, body.size() - 1) + "AAAA\n" + end},
        {"encryption headers", begin + "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n" + body + end},
    };
    for (const auto& [what, content] : cases) {
        file.write("bad.pem", content);
        const Outcome outcome = file.bench.openssl({"pkey", "-in", "bad.pem", "-pubout"});
        INFO(what << "\n" << outcome.both());
        CHECK_FALSE(outcome.ok());
        CHECK(outcome.out.empty());
        CHECK_THAT(first_error_line(outcome), ContainsSubstring(":trustx:"));
        CHECK_THAT(first_error_line(outcome), ContainsSubstring("TRUSTX PRIVATE KEY"));
    }
}

TEST_CASE("a reference of a newer version is refused with its version", "[key_file]") {
    const KeyFile file;
    file.bench.must_openssl({"ec", "-in", "key.pem", "-outform", "DER", "-out", "key.der"});
    std::string der = file.read("key.der");
    const auto version = der.find(std::string("\x02\x01\x01", 3));
    REQUIRE(version != std::string::npos);
    der[version + 2] = 2;
    file.write("new.der", der);
    const Outcome outcome = file.bench.openssl({"pkey", "-in", "new.der", "-inform", "DER", "-pubout"});
    INFO(outcome.both());
    CHECK_FALSE(outcome.ok());
    CHECK_THAT(first_error_line(outcome), ContainsSubstring(":trustx:"));
    CHECK_THAT(first_error_line(outcome), ContainsSubstring("version"));
}

TEST_CASE("a reference whose point is not on its curve is refused", "[key_file]") {
    const KeyFile file;
    file.bench.must_openssl({"ec", "-in", "key.pem", "-outform", "DER", "-out", "key.der"});
    std::string der = file.read("key.der");
    der.back() = static_cast<char>(der.back() ^ 1);
    file.write("off.der", der);
    const Outcome outcome = file.bench.openssl({"pkey", "-in", "off.der", "-inform", "DER", "-pubout"});
    INFO(outcome.both());
    CHECK_FALSE(outcome.ok());
    CHECK_THAT(outcome.err, ContainsSubstring("not a point of P-256"));
}

TEST_CASE("files of other kinds are read as if we were not there", "[key_file]") {
    const auto arrangement = GENERATE(from_range(every_arrangement));
    INFO(name_of(arrangement));
    const Bench bench(BenchOptions{.arrangement = arrangement});
    const Bench plain(BenchOptions{.with_trustx = false});
    plain.must_openssl({"genpkey", "-algorithm", "RSA", "-pkeyopt", "bits:2048", "-out", "rsa.pem"});
    plain.must_openssl({"genpkey", "-algorithm", "ED25519", "-out", "ed.pem"});
    plain.must_openssl({"genpkey", "-algorithm", "EC", "-pkeyopt", "group:P-521", "-out", "ec.pem"});
    plain.must_openssl({"pkey", "-in", "ec.pem", "-aes128", "-passout", "pass:x", "-out", "locked.pem"});
    plain.must_openssl({"pkey", "-in", "ec.pem", "-traditional", "-out", "sec1.pem"});
    plain.must_openssl({"pkey", "-in", "ec.pem", "-outform", "DER", "-out", "ec.der"});
    plain.must_openssl({"ecparam", "-name", "prime256v1", "-param_enc", "explicit", "-genkey", "-out", "explicit.pem"});
    for (const char* name : {"rsa.pem", "ed.pem", "ec.pem", "locked.pem", "sec1.pem", "ec.der", "explicit.pem"}) {
        INFO(name);
        const std::vector<std::string> arguments{"pkey",  "-passin", "pass:x",
                                                 "-text", "-in",     plain.path(name).string()};
        CHECK(bench.must_openssl(arguments) == plain.must_openssl(arguments));
    }
    const Outcome nonsense = bench.openssl({"pkey", "-in", bench.configuration().string()});
    CHECK_FALSE(nonsense.ok());
    CHECK_THAT(nonsense.err, !ContainsSubstring(":trustx:"));
}

TEST_CASE("without the provider a reference is refused instead of used as something else", "[key_file]") {
    const KeyFile file;
    const Bench plain(BenchOptions{.with_trustx = false});
    const Outcome outcome = plain.openssl({"pkey", "-in", file.bench.path("key.pem").string()});
    CHECK_FALSE(outcome.ok());
    CHECK(outcome.out.empty());
}

TEST_CASE("the provider works when the command line loads it instead of a configuration", "[key_file]") {
    const KeyFile file;
    const Bench plain(BenchOptions{.with_trustx = false});
    const auto with_providers = [&](std::vector<std::string> order) {
        std::vector<std::string> arguments{"pkey", "-provider-path", module_directory().string()};
        for (auto& provider : order) {
            arguments.insert(arguments.end(), {"-provider", std::move(provider)});
        }
        arguments.insert(arguments.end(), {"-in", file.bench.path("key.pem").string(), "-pubout"});
        return plain.must_openssl(arguments);
    };
    const std::string expected = file.bench.must_openssl({"pkey", "-in", "software.pem", "-pubout"});
    CHECK(with_providers({"default", "trustx"}) == expected);
    CHECK(with_providers({"trustx", "default"}) == expected);
}

TEST_CASE("no changed, missing or added byte of a reference does harm", "[key_file]") {
    const KeyFile file;
    file.bench.must_openssl({"ec", "-in", "key.pem", "-outform", "DER", "-out", "key.der"});
    const std::string der = file.read("key.der");
    const LibCtx libctx = file.bench.libctx();
    const Pkey original = load_key(libctx.get(), file.bench.path("key.pem"));
    int accepted = 0;
    const auto read = [&](const std::string& changed) {
        const auto* at = reinterpret_cast<const unsigned char*>(changed.data());
        const Pkey key(d2i_AutoPrivateKey_ex(nullptr, &at, static_cast<long>(changed.size()), libctx.get(), nullptr));
        // What is accepted has the right point, or it would not be on the curve; slot and version are what is left.
        if (key != nullptr) {
            ++accepted;
            CHECK(EVP_PKEY_eq(key.get(), original.get()) == 1);
        }
        static_cast<void>(take_errors());
    };
    for (std::size_t i = 0; i < der.size(); ++i) {
        for (const int flip : {0x01, 0x80, 0xFF}) {
            std::string changed = der;
            changed[i] = static_cast<char>(changed[i] ^ flip);
            read(changed);
        }
        read(der.substr(0, i));
        read(der.substr(0, i) + der.substr(i + 1));
        read(der.substr(0, i) + '\0' + der.substr(i));
    }
    CHECK(accepted < 16);
}
