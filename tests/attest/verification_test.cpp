// SPDX-License-Identifier: Apache-2.0
// The token and what an operator asks of it, with keys in software.
#include "attest/verification.hpp"

#include "attest/base64.hpp"
#include "attest/firmware.hpp"
#include "attest/json.hpp"
#include "common/files/input_error.hpp"
#include "common/text/as_bytes.hpp"
#include "fake_system.hpp"
#include "support/build_tree.hpp"
#include "support/catch.hpp"
#include "support/software_key.hpp"

#include <algorithm>

#include <openssl/obj_mac.h>

using namespace trustx;
using namespace trustx::attest;
using namespace trustx::test;

namespace {

constexpr const char* uid = "CD1633820100010000000400090A1BA6D100071D5504E088560601";
constexpr const char* nonce = "0123456789abcdef";
constexpr std::int64_t now = 1795953600;

x509::Certificate parsed(const Bytes& der) {
    auto certificate = x509::Certificate::parse(der, "test");
    REQUIRE(certificate);
    return *std::move(certificate);
}

std::vector<x509::Certificate> all_of(const std::vector<const x509::Certificate*>& certificates) {
    std::vector<x509::Certificate> copies;
    for (const auto* certificate : certificates) {
        copies.push_back(parsed(certificate->der()));
    }
    return copies;
}

// All gateways have their certificates from one authority.
const SoftwareKey& authority() {
    static const SoftwareKey key{Curve::p256};
    return key;
}

// Gateway signs with a key in software.
class Gateway {
 public:
    explicit Gateway(Curve curve = Curve::p256, SoftwareKey::Certificate certificate = {.subject = {}}) : key_{curve} {
        certificate.subject = key_.public_key();
        chain_.push_back(parsed(authority().issue(certificate)));
        trusted_.push_back(parsed(authority().authority_certificate("authority")));
    }

    [[nodiscard]] Result<std::string> token(const nlohmann::ordered_json& claims) const {
        return sign_token(claims, chain_, [this](ByteView digest) -> Result<Signature> { return key_.sign(digest); });
    }
    [[nodiscard]] std::string token(const Evidence& evidence) const {
        auto made = token(claims_of(evidence));
        REQUIRE(made);
        return *std::move(made);
    }
    [[nodiscard]] Verdict verdict(const Evidence& evidence, Expectations expected = {}) const {
        expected.trusted = expected.trusted == nullptr ? &trusted_ : expected.trusted;
        return judged(evidence, expected);
    }
    // judged takes any issuer, if none is expected.
    [[nodiscard]] Verdict judged(const Evidence& evidence, Expectations expected = {}) const {
        expected.now = expected.now == 0 ? now : expected.now;
        const auto read = read_token(token(evidence), "evidence");
        REQUIRE(read);
        auto verdict = verify(*read, "evidence", expected);
        INFO((verdict ? "" : verdict.error().message()));
        REQUIRE(verdict);
        return *std::move(verdict);
    }

    [[nodiscard]] const std::vector<x509::Certificate>& certificates() const { return chain_; }
    [[nodiscard]] Earlier earlier(const Evidence& evidence) const {
        return {.evidence = evidence, .key = chain_.front().key_sha256()};
    }

 private:
    SoftwareKey key_;
    std::vector<x509::Certificate> chain_;
    std::vector<x509::Certificate> trusted_;
};

Evidence evidence_about(const FakeSystem& system) {
    auto measured = system.measured({.paths = {"/etc/gateway", "/etc/gateway/settings"}});
    REQUIRE(measured);
    Evidence evidence;
    evidence.nonce = nonce;
    evidence.issued = now;
    evidence.uid = uid;
    evidence.boot_id = measured->boot_id;
    evidence.uptime = measured->uptime;
    evidence.firmware = "1.2";
    evidence.components = measured->components;
    evidence.trees = measured->trees;
    return evidence;
}

Golden golden_of(const Evidence& evidence, const ImaLog* log = nullptr) {
    Golden golden;
    golden.add(evidence, log);
    auto read = parse_golden(golden.text(), "golden");
    REQUIRE(read);
    return *std::move(read);
}

std::vector<std::string> components_of(const Verdict& verdict) {
    std::vector<std::string> names;
    for (const auto& finding : verdict.findings) {
        CHECK(finding.kind == AttestErrc::differs);
        CHECK_FALSE(finding.words.empty());
        names.push_back(finding.component);
    }
    return names;
}

AttestErrc only_kind(const Verdict& verdict) {
    REQUIRE(verdict.findings.size() == 1);
    CHECK(verdict.worst() == verdict.findings.front().kind);
    return verdict.worst();
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("base64 and base64url have one text for one value", "[attest]") {
    const Bytes bytes{0xFB, 0xFF, 0x00, 0x01};
    CHECK(to_base64(bytes) == "+/8AAQ==");
    CHECK(to_base64url(bytes) == "-_8AAQ");
    CHECK(from_base64("+/8AAQ==") == bytes);
    CHECK(from_base64url("-_8AAQ") == bytes);
    CHECK(from_base64url("")->empty());
    for (const auto* wrong : {"+/8AAQ", "+/8AAR==", "-_8AAQ==", "+/8AAQ=", "+/8A AQ="}) {
        CHECK_FALSE(from_base64(wrong));
    }
    for (const auto* wrong : {"-_8AAQ==", "-_8AAR", "+/8AAQ", "A", "-_8AA"}) {
        CHECK_FALSE(from_base64url(wrong));
    }
}

TEST_CASE("evidence says what it was made of", "[attest]") {
    const FakeSystem system;
    const Gateway gateway;
    auto evidence = evidence_about(system);
    evidence.ima = ImaSummary{.entries = 3, .violations = 1, .aggregate_sha1 = "aa", .aggregate_sha256 = "bb"};
    const auto claims = claims_of(evidence);
    CHECK(claims.at("eat_nonce") == nonce);
    CHECK(claims.at("iat") == now);
    CHECK(from_base64url(claims.at("bootseed").get<std::string>())->size() == 16);
    const auto ueid = from_base64url(claims.at("ueid").get<std::string>());
    REQUIRE(ueid);
    CHECK(ueid->size() == 33);
    CHECK(ueid->front() == 1);
    const auto again = gateway.verdict(evidence).evidence;
    CHECK(claims_of(again) == claims);
    CHECK(again.components == evidence.components);
    CHECK(again.trees == evidence.trees);
}

TEST_CASE("each change of a letter of a token is noticed", "[attest]") {
    const FakeSystem system;
    const Gateway gateway;
    auto evidence = evidence_about(system);
    evidence.trees.clear();
    const auto token = gateway.token(evidence);
    CHECK(read_token("\n" + token + " \n", "evidence"));
    for (std::size_t i = 0; i < token.size(); ++i) {
        auto changed = token;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        CAPTURE(i);
        CHECK_FALSE(read_token(changed, "evidence"));
    }
    const auto payload = token.find('.') + 100;
    auto changed = token;
    changed[payload] = changed[payload] == 'A' ? 'B' : 'A';
    const auto forged = read_token(changed, "evidence");
    REQUIRE_FALSE(forged);
    CHECK(forged.error() == AttestErrc::forged);
}

TEST_CASE("a token without a signature, or with another algorithm, is none", "[attest]") {
    const FakeSystem system;
    const Gateway gateway;
    const auto token = gateway.token(evidence_about(system));
    const auto first = token.find('.');
    const auto header = nlohmann::json::parse(*from_base64url(token.substr(0, first)));
    for (const auto* members :
         {R"({"alg": "none"})", R"({"alg": "HS256"})", R"({"crit": ["b64"]})", R"({"typ": "logout+jwt"})",
          R"({"typ": 1})", R"({"x5c": []})", R"({"x5c": "text"})", R"({"x5c": ["A"]})"}) {
        auto other = header;
        other.update(nlohmann::json::parse(members));
        const auto changed = to_base64url(text::as_bytes(other.dump())) + token.substr(first);
        CAPTURE(members);
        const auto read = read_token(changed, "evidence");
        REQUIRE_FALSE(read);
        CHECK(read.error() == InputErrc::malformed);
    }
    for (const auto* members : {R"({"typ": "JWT"})", R"({"typ": "application/EAT+jwt"})"}) {
        auto other = header;
        other.update(nlohmann::json::parse(members));
        const auto read = read_token(to_base64url(text::as_bytes(other.dump())) + token.substr(first), "evidence");
        REQUIRE_FALSE(read);
        CHECK(read.error() == AttestErrc::forged);
    }
    for (const auto& wrong : {token.substr(0, token.rfind('.') + 1), token.substr(0, token.rfind('.')), token + ".",
                              std::string{}, std::string{".."}, std::string{"a.b.c"}}) {
        CHECK_FALSE(read_token(wrong, "evidence"));
    }
}

TEST_CASE("JSON from outside has one value for each name, and is no deeper than it has to be", "[attest]") {
    const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    CHECK(read_json(nested(deepest_json)).is_array());
    CHECK(read_json(nested(deepest_json + 1)).is_discarded());
    CHECK(read_json(R"({"a":)" + nested(deepest_json - 1) + "}").is_object());
    CHECK(read_json(R"({"a":)" + nested(deepest_json) + "}").is_discarded());
    CHECK(read_json(R"([{"a":{"a":1},"b":[{"a":1},{"a":1}]},{"a":1}])").is_array());
    for (const auto* wrong : {R"({"a":1,"a":1})", R"({"a":{"b":1},"c":{"d":1,"b":{"b":1},"d":1}})",
                              R"([{"a":[{}],"\u0061":1}])", "", "{", "{}{}", "[1,]"}) {
        CAPTURE(wrong);
        CHECK(read_json(wrong).is_discarded());
    }

    // What would overflow the stack before any signature is verified, and behind a good one.
    const auto deep = nested(100000);
    const auto header = read_token(
        to_base64url(text::as_bytes(R"({"alg":)" + deep + "}")) + ".e30." + std::string(86, 'A'), "evidence");
    REQUIRE_FALSE(header);
    CHECK(header.error() == InputErrc::malformed);
    const auto golden = parse_golden(R"({"trustx_golden":)" + deep + "}", "golden");
    REQUIRE_FALSE(golden);
    CHECK(golden.error() == InputErrc::malformed);
    CHECK_FALSE(rauc_version(R"({"slots":)" + deep + "}"));
    const auto claims = Gateway{}.token(nlohmann::ordered_json::parse(R"({"eat_profile":)" + nested(1000) + "}"));
    REQUIRE(claims);
    const auto read = read_token(*claims, "evidence");
    REQUIRE_FALSE(read);
    CHECK(read.error() == InputErrc::malformed);
}

TEST_CASE("a key on P-384, and a certificate for another key, sign no evidence", "[attest]") {
    const Gateway large{Curve::p384};
    const auto refused = large.token(nlohmann::ordered_json::object());
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == InputErrc::refused);

    const SoftwareKey other{Curve::p256};
    std::vector<x509::Certificate> chain;
    chain.push_back(parsed(other.certificate("other")));
    const SoftwareKey key{Curve::p256};
    const auto mismatch = sign_token({}, chain, [&](ByteView digest) -> Result<Signature> { return key.sign(digest); });
    REQUIRE_FALSE(mismatch);
    CHECK(mismatch.error() == InputErrc::key_mismatch);
}

TEST_CASE("evidence by somebody whom the authority does not know is untrusted", "[attest]") {
    const FakeSystem system;
    const Gateway gateway;
    const SoftwareKey stranger{Curve::p256};
    std::vector<x509::Certificate> trusted;
    trusted.push_back(parsed(stranger.authority_certificate("authority")));
    const auto evidence = evidence_about(system);
    CHECK(gateway.verdict(evidence).good());
    CHECK(gateway.verdict(evidence).chain == Names{"CN=gateway", "CN=authority"});
    CHECK(only_kind(gateway.verdict(evidence, {.trusted = &trusted})) == AttestErrc::untrusted);
}

TEST_CASE("evidence answers a nonce, has an age, and is about a chip", "[attest]") {
    const FakeSystem system;
    const Gateway gateway;
    auto evidence = evidence_about(system);
    using std::chrono::seconds;
    CHECK(gateway
              .verdict(evidence, {.signers = &gateway.certificates(),
                                  .nonce = nonce,
                                  .max_age = seconds{60},
                                  .now = now + 60,
                                  .uid = uid})
              .good());
    CHECK(only_kind(gateway.verdict(evidence, {.nonce = "another-nonce"})) == AttestErrc::not_fresh);
    CHECK(only_kind(gateway.verdict(evidence, {.max_age = seconds{60}, .now = now + 61})) == AttestErrc::not_fresh);
    CHECK(gateway.verdict(evidence, {.max_age = seconds{60}, .now = now - 60}).good());
    CHECK(only_kind(gateway.verdict(evidence, {.max_age = seconds{60}, .now = now - 61})) == AttestErrc::not_fresh);
    CHECK(only_kind(gateway.verdict(evidence, {.now = now - 61})) == AttestErrc::not_fresh);
    CHECK(gateway.verdict(evidence, {.now = now - 60}).good());
    CHECK(only_kind(gateway.verdict(evidence, {.uid = "00"})) == AttestErrc::other_chip);
    for (const auto issued : {INT64_MIN, std::int64_t{-1}, INT64_MAX}) {
        evidence.issued = issued;
        CHECK(only_kind(gateway.verdict(evidence, {.max_age = seconds{60}, .now = now})) == AttestErrc::not_fresh);
    }
    evidence.issued = now;
    evidence.nonce.clear();
    CHECK(only_kind(gateway.verdict(evidence, {.nonce = nonce})) == AttestErrc::not_fresh);
}

TEST_CASE("evidence with dates beyond which it is not valid is not fresh outside of them", "[attest]") {
    const FakeSystem system;
    const Gateway gateway;
    const auto claims = claims_of(evidence_about(system));
    const auto judged = [&](const char* members, std::int64_t when) {
        auto with = claims;
        with.update(nlohmann::json::parse(members));
        const auto token = gateway.token(with);
        REQUIRE(token);
        const auto read = read_token(*token, "evidence");
        REQUIRE(read);
        return verify(*read, "evidence", {.now = when});
    };
    CHECK(judged(R"({"exp": 1795953700, "nbf": 1795953600})", now + 159)->good());
    CHECK(only_kind(*judged(R"({"exp": 1795953700})", now + 160)) == AttestErrc::not_fresh);
    CHECK(judged(R"({"nbf": 1795953700})", now + 40)->good());
    CHECK(only_kind(*judged(R"({"nbf": 1795953700})", now + 39)) == AttestErrc::not_fresh);
    for (const auto* wrong : {R"({"exp": "1795953700"})", R"({"nbf": 1.5})", R"({"iat": 18446744073709551615})",
                              R"({"bootseed": "AAAAAAAAAAAAAAAAAAAAAA"})", R"({"bootseed": 1})"}) {
        CAPTURE(wrong);
        const auto verdict = judged(wrong, now);
        REQUIRE_FALSE(verdict);
        CHECK(verdict.error() == InputErrc::malformed);
    }
}

TEST_CASE("which chip evidence is of is the signer's word, until a certificate says it", "[attest]") {
    const FakeSystem system;
    const auto evidence = evidence_about(system);
    const auto in_subject = [](const std::string& name) {
        return Gateway{Curve::p256, {.subject = {}, .common_name = name}};
    };
    const Gateway another;
    const auto named = in_subject("gw-cd1633820100010000000400090a1ba6d100071d5504e088560601");
    const auto of_another_name = in_subject("gw-cd1633820100010000000400090a1ba6d100071d5504e088560602");
    CHECK(named.verdict(evidence, {.uid = uid}).good());
    CHECK(named.verdict(evidence).chip_bound);
    for (const auto* forger : {&another, &of_another_name}) {
        const auto verdict = forger->verdict(evidence, {.uid = uid});
        CHECK(only_kind(verdict) == AttestErrc::other_chip);
        CHECK_THAT(verdict.findings.front().words, ContainsSubstring("--signer"));
        CHECK_FALSE(verdict.chip_bound);
        CHECK(forger->verdict(evidence).good());
    }
    // The key counts, and not the certificate for it; one of several will do.
    const auto& pinned = another.certificates();
    CHECK(another.verdict(evidence, {.signers = &pinned, .uid = uid}).good());
    CHECK(another.verdict(evidence, {.signers = &pinned}).chip_bound);
    CHECK(another.judged(evidence, {.signers = &pinned, .uid = uid}).good());
    CHECK(only_kind(named.verdict(evidence, {.signers = &pinned})) == AttestErrc::other_chip);
    CHECK(only_kind(of_another_name.verdict(evidence, {.signers = &pinned, .uid = uid})) == AttestErrc::other_chip);
    const auto both = all_of({&named.certificates().front(), &pinned.front()});
    CHECK(another.verdict(evidence, {.signers = &both, .uid = uid}).good());
    // Whoever makes his certificate himself writes into it what he likes.
    CHECK(only_kind(named.judged(evidence, {.uid = uid})) == AttestErrc::other_chip);
    CHECK_FALSE(named.judged(evidence).chip_bound);
    std::vector<x509::Certificate> stranger;
    stranger.push_back(parsed(SoftwareKey{Curve::p256}.authority_certificate("authority")));
    CHECK(named.verdict(evidence, {.trusted = &stranger, .uid = uid}).worst() == AttestErrc::untrusted);
    CHECK_FALSE(named.verdict(evidence, {.trusted = &stranger}).chip_bound);

    CHECK(unasked({.trusted = &pinned, .nonce = nonce, .uid = uid, .golden = Golden{}}).empty());
    CHECK(unasked({.trusted = &pinned, .signers = &pinned, .nonce = nonce, .golden = Golden{}}).empty());
    CHECK(unasked({.trusted = &pinned, .nonce = nonce, .golden = Golden{}}) == std::vector{Question::chip});
}

TEST_CASE("a certificate that is not for signatures signs no evidence", "[attest]") {
    const FakeSystem system;
    const auto evidence = evidence_about(system);
    const auto with_usage = [](const char* usage) {
        return Gateway{Curve::p256, {.subject = {}, .extensions = {{NID_key_usage, usage}}}};
    };
    const auto signs = with_usage("critical,digitalSignature,keyAgreement");
    CHECK(signs.verdict(evidence).good());
    const auto agrees = with_usage("critical,keyAgreement");
    const auto refused = agrees.token(claims_of(evidence));
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == InputErrc::refused);

    // As another program signs it.
    auto read = read_token(signs.token(evidence), "evidence");
    REQUIRE(read);
    read->chain = all_of({&agrees.certificates().front()});
    const auto verdict = verify(*read, "evidence", {.now = now});
    REQUIRE(verdict);
    CHECK(only_kind(*verdict) == AttestErrc::untrusted);
}

TEST_CASE("what is too long to be verified is not signed", "[attest]") {
    const Gateway gateway;
    const auto with = [&](std::size_t letters) {
        return gateway.token(nlohmann::ordered_json{{"text", std::string(letters, 'x')}});
    };
    const auto small = with(0);
    REQUIRE(small);
    // base64url makes four letters of three.
    const auto longest = (token_limit - 1 - small->size()) / 4 * 3 - 3;
    const auto made = with(longest);
    REQUIRE(made);
    CHECK(made->size() < token_limit);
    CHECK(read_token(*made + "\n", "evidence"));
    const auto refused = with(longest + 9);
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == InputErrc::refused);
    CHECK_THAT(refused.error().operation(), ContainsSubstring("--brief"));
}

TEST_CASE("a gateway that is as it should be has no finding, and each difference is one", "[attest]") {
    const FakeSystem system;
    const Gateway gateway;
    const auto golden = golden_of(evidence_about(system));
    const auto found = [&] { return components_of(gateway.verdict(evidence_about(system), {.golden = golden})); };
    CHECK(found().empty());
    SECTION("kernel") {
        system.put("boot/vmlinuz-6.1.0-test", "other");
        CHECK(found() == Names{"kernel"});
    }
    SECTION("initrd missing") {
        std::filesystem::remove(system.at("boot/initrd.img-6.1.0-test"));
        CHECK(found() == Names{"initrd"});
    }
    SECTION("command line") {
        system.put("proc/cmdline", "init=/bin/sh");
        CHECK(found() == Names{"command-line"});
    }
    SECTION("a file of a directory, one more and one less") {
        system.put("etc/gateway/bin/run", "#!/bin/bash\n");
        system.put("etc/gateway/bin/more", "");
        std::filesystem::remove(system.at("etc/gateway/settings"));
        CHECK(found() == Names{"/etc/gateway/settings", "mode/etc/gateway/settings", "/etc/gateway/bin/run",
                               "/etc/gateway/settings", "/etc/gateway/bin/more"});
    }
    SECTION("a boot directory that was not there") {
        system.put("boot/firmware/config.txt", "");
        CHECK(found() == Names{"boot"});
    }
}

TEST_CASE("golden values of two slots allow both, and evidence in brief is compared by directory", "[attest]") {
    const FakeSystem system;
    const Gateway gateway;
    auto golden = golden_of(evidence_about(system));
    system.put("boot/vmlinuz-6.1.0-test", "slot B");
    system.put("etc/gateway/settings", "interval = 60\n");
    auto second = evidence_about(system);
    second.firmware = "1.3";
    CHECK(gateway.verdict(second, {.golden = golden}).findings.size() == 4);
    golden.add(second, nullptr);
    CHECK(gateway.verdict(second, {.golden = golden}).good());
    second.trees.clear();
    CHECK(gateway.verdict(second, {.golden = golden}).good());
    second.components["/etc/gateway"][0] ^= 1;
    CHECK(components_of(gateway.verdict(second, {.golden = golden})) == Names{"/etc/gateway"});
    second.firmware.reset();
    CHECK(components_of(gateway.verdict(second, {.golden = golden})) == Names{"/etc/gateway", "firmware version"});
}

TEST_CASE("names that do not add up to a directory's digest are a finding without golden values, too", "[attest]") {
    const FakeSystem system;
    const Gateway gateway;
    auto evidence = evidence_about(system);
    evidence.trees.at("/etc/gateway").at("settings") = "f 0644 -";
    CHECK(components_of(gateway.verdict(evidence)) == Names{"/etc/gateway"});
    evidence.components.erase("/etc/gateway");
    CHECK(components_of(gateway.verdict(evidence)) == Names{"/etc/gateway"});
}

TEST_CASE("the log of a start is judged: changed, missing, rewritten, and what it had measured", "[attest]") {
    const FakeSystem system;
    const Gateway gateway;
    const TempDir files;
    auto evidence = evidence_about(system);
    const auto append = [&](const std::string& name, const std::map<std::string, Digest>& components) {
        const auto entry = append_to_log(files / name, evidence.boot_id, now, components);
        REQUIRE(entry);
        return entry->line;
    };
    evidence.log = {append("log", evidence.components), append("log", evidence.components)};
    const auto golden = golden_of(evidence);
    CHECK(gateway.verdict(evidence, {.golden = golden}).good());
    CHECK(gateway.verdict(evidence).log_entries == 2);

    auto without = evidence;
    without.log.clear();
    CHECK(components_of(gateway.verdict(without, {.golden = golden})) == Names{"log of this start"});
    auto removed = evidence;
    removed.log.erase(removed.log.begin());
    CHECK(gateway.verdict(removed).worst() == AttestErrc::log_broken);
    auto told = evidence;
    told.log_broken = "entry 2 was changed";
    CHECK(only_kind(gateway.verdict(told)) == AttestErrc::log_broken);

    // Who is root may write the log anew, and is found out by what was handed over before.
    auto other = evidence.components;
    other.at("kernel") = sha256(std::string_view{"other"});
    auto rewritten = evidence;
    rewritten.log = {append("other", evidence.components)};
    CHECK(gateway.verdict(rewritten, {.golden = golden}).good());
    CHECK(only_kind(gateway.verdict(rewritten, {.golden = golden, .earlier = gateway.earlier(evidence)})) ==
          AttestErrc::log_broken);
    auto longer = evidence;
    longer.log.push_back(append("log", other));
    CHECK(gateway.verdict(longer, {.earlier = gateway.earlier(evidence)}).good());
    CHECK(gateway.verdict(longer, {.earlier = gateway.earlier(evidence)}).restarted == false);
    CHECK_FALSE(gateway.verdict(longer).restarted);
    auto of_another_chip = evidence;
    of_another_chip.uid.back() = of_another_chip.uid.back() == '0' ? '1' : '0';
    CHECK(only_kind(gateway.verdict(longer, {.earlier = gateway.earlier(of_another_chip)})) == AttestErrc::other_chip);
    CHECK(only_kind(gateway.verdict(longer, {.earlier = Gateway{}.earlier(evidence)})) == AttestErrc::other_chip);
    auto later = evidence;
    later.issued = now + 1;
    CHECK(only_kind(gateway.verdict(longer, {.earlier = gateway.earlier(later)})) == AttestErrc::not_fresh);
    auto next_start = rewritten;
    next_start.boot_id = "1f4a1c2e-8b7d-4e6f-9a3b-5c2d1e0f7a8b";
    next_start.log.clear();
    CHECK(gateway.verdict(next_start, {.earlier = gateway.earlier(evidence)}).good());
    CHECK(gateway.verdict(next_start, {.earlier = gateway.earlier(evidence)}).restarted == true);
    CHECK(only_kind(gateway.verdict(next_start, {.earlier = gateway.earlier(later)})) == AttestErrc::not_fresh);
    // What was measured earlier counts as what is measured now.
    CHECK(components_of(gateway.verdict(longer, {.golden = golden})) == Names{"kernel"});
}

TEST_CASE("the kernel's log goes beside the evidence, and each file in it is judged", "[attest]") {
    const FakeSystem system;
    const Gateway gateway;
    const auto text = read_file(source_directory() / "tests/attest/ima-recorded");
    const Bytes bytes{text.begin(), text.end()};
    const auto log = parse_ima_log(bytes);
    REQUIRE(log);
    auto evidence = evidence_about(system);
    evidence.ima = summary_of(*log);
    auto golden = golden_of(evidence, &*log);
    CHECK(gateway.verdict(evidence, {.golden = golden, .ima_log = bytes}).good());
    // Without the log nobody has looked at its files.
    const auto asked = [&](const Expectations& expected) {
        const auto questions = unasked(expected);
        return std::ranges::find(questions, Question::kernels_log) == questions.end();
    };
    CHECK(gateway.verdict(evidence, {.golden = golden}).good());
    CHECK_FALSE(asked({.golden = golden}));
    CHECK(asked({.golden = golden, .ima_log = bytes}));
    CHECK(asked({.golden = golden_of(evidence_about(system))}));
    // A shorter log is another one.
    const Bytes shorter(bytes.begin(), bytes.begin() + 107);
    CHECK_FALSE(gateway.verdict(evidence, {.ima_log = shorter}).good());
    golden.ima_files.erase("/usr/bin/bash");
    golden.ima_files["/usr/bin/mount"] = {"sha256:00"};
    CHECK(components_of(gateway.verdict(evidence, {.golden = golden, .ima_log = bytes})) ==
          Names{"kernel's log: /usr/bin/bash", "kernel's log: /usr/bin/mount"});
    evidence.ima->entries = 14;
    CHECK_FALSE(gateway.verdict(evidence, {.ima_log = bytes}).good());
    evidence.ima.reset();
    CHECK(components_of(gateway.verdict(evidence, {.golden = golden})) == Names{"kernel's log"});
}

TEST_CASE("claims of another form are no evidence", "[attest]") {
    const FakeSystem system;
    const auto claims = nlohmann::json::parse(claims_of(evidence_about(system)).dump());
    CHECK(evidence_of(claims, "evidence"));
    for (const auto* name : {"eat_profile", "iat", "ueid", "bootseed", "measurements", "trustx"}) {
        auto without = claims;
        without.erase(name);
        CAPTURE(name);
        CHECK_FALSE(evidence_of(without, "evidence"));
        without[name] = true;
        CHECK_FALSE(evidence_of(without, "evidence"));
    }
    auto doubled = claims;
    doubled.at("measurements").push_back(doubled.at("measurements")[0]);
    CHECK_FALSE(evidence_of(doubled, "evidence"));
    auto other_chip = claims;
    other_chip.at("trustx").at("uid") = "00";
    CHECK_FALSE(evidence_of(other_chip, "evidence"));
}

TEST_CASE("golden values are read strictly", "[attest]") {
    for (const auto* wrong : {"", "{}", "[]", R"({"trustx_golden": 2})", R"({"trustx_golden": 1})"}) {
        CHECK_FALSE(parse_golden(wrong, "golden"));
    }
    auto json = nlohmann::json::parse(Golden{}.text());
    CHECK(parse_golden(json.dump(), "golden"));
    json["trustx_golden"] = 2;
    CHECK_FALSE(parse_golden(json.dump(), "golden"));
    json["trustx_golden"] = 1;
    json["components"]["kernel"] = "text";
    CHECK_FALSE(parse_golden(json.dump(), "golden"));
}

TEST_CASE("a nonce has 8 to 88 printable characters", "[attest]") {
    CHECK(check_nonce(std::string(8, 'a')));
    CHECK(check_nonce(std::string(88, 'a')));
    for (const auto& wrong : {std::string(7, 'a'), std::string(89, 'a'), std::string{"12345678\n"}}) {
        CHECK_FALSE(check_nonce(wrong));
    }
}
