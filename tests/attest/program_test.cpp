// SPDX-License-Identifier: Apache-2.0
// trustx attest with a simulated chip: a gateway's evidence, what an operator makes of it, and what libraries of others
// do.
#include "chip_fixture.hpp"
#include "fake_system.hpp"
#include "support/build_tree.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <filesystem>

using namespace trustx;
using namespace trustx::test;

namespace {

// Gateway is a chip, a system below a directory, and the authority's certificate.
class Gateway {
 public:
    Gateway() { chip.write("ca.pem", chip.simulator.control({"ca"})); }

    // measuring gives the options of everything that measures or signs.
    [[nodiscard]] Arguments measuring(const Arguments& first, const Arguments& more = {}) const {
        Arguments all = first;
        all.insert(all.end(), {"--root", system.top(), "--log", log()});
        if (std::find(first.begin(), first.end(), "--config") == first.end()) {
            all.insert(all.end(), {"--config", config});
        }
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    void measure() const { chip.must(measuring({"attest", "measure", "--quiet"})); }
    [[nodiscard]] std::string log() const { return chip.path("attest.log"); }
    void give(const std::string& out, const Arguments& more = {}) const {
        Arguments all{"--out", out};
        all.insert(all.end(), more.begin(), more.end());
        chip.must(measuring({"attest"}, all));
    }
    [[nodiscard]] Outcome verify(const std::string& evidence, const Arguments& more = {}) const {
        Arguments all{"attest", "verify", evidence, "--ca", "ca.pem", "--json"};
        all.insert(all.end(), more.begin(), more.end());
        return chip.trustx(all);
    }
    // findings demands the exit code, and gives the findings as "kind component".
    [[nodiscard]] std::vector<std::string> findings(int status, const std::string& evidence,
                                                    const Arguments& more = {}) const {
        const auto outcome = verify(evidence, more);
        INFO(outcome.both());
        REQUIRE(outcome.status == status);
        std::vector<std::string> found;
        const auto verdict = nlohmann::json::parse(outcome.out);
        for (const auto& finding : verdict.at("findings")) {
            found.push_back(finding.at("kind").get<std::string>() + " " + finding.at("component").get<std::string>());
        }
        return found;
    }

    Chip chip;
    FakeSystem system;
    std::string config = chip.write("attest.conf", "measure = /etc/gateway\nfirmware-version = 1.2\n");
};

using Names = std::vector<std::string>;

// Debian's, which has the modules of its packages; another one in PATH may not.
std::string debians_python() {
    return std::filesystem::exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";
}

}  // namespace

TEST_CASE("a gateway gives evidence by one use of its key, and an operator finds it as it should be", "[attest]") {
    const Gateway gateway;
    gateway.measure();
    gateway.chip.simulator.reset_stats();
    gateway.give("evidence.jwt", {"--nonce", "a-nonce-of-mine"});
    CHECK(gateway.chip.private_key_uses() == 1);
    gateway.chip.must({"attest", "golden", "evidence.jwt", "--ca", "ca.pem", "--out", "golden.json"});
    const auto outcome =
        gateway.verify("evidence.jwt", {"--nonce", "a-nonce-of-mine", "--max-age", "5m", "--golden", "golden.json"});
    INFO(outcome.both());
    REQUIRE(outcome.status == 0);
    const auto verdict = nlohmann::json::parse(outcome.out);
    CHECK(verdict.at("good") == true);
    CHECK(verdict.at("firmware") == "1.2");
    CHECK(verdict.at("log_entries") == 1);
    CHECK(verdict.at("boot_id") == FakeSystem::boot_id);
    const auto info = nlohmann::json::parse(gateway.chip.must({"info", "--json"}));
    CHECK(verdict.at("uid") == info.at("uid"));
    CHECK(verdict.at("components").size() == 4);
    CHECK(verdict.at("not_asked") == nlohmann::json{"chip"});
    CHECK(verdict.at("uid_bound") == false);
    CHECK_FALSE(verdict.contains("restarted"));
    CHECK_THAT(gateway.chip.must({"attest", "verify", "evidence.jwt", "--ca", "ca.pem"}),
               ContainsSubstring("chip         " + info.at("uid").get<std::string>() + " (as it says itself)\n") &&
                   ContainsSubstring("not asked    when it was made (--nonce, --max-age)\n") &&
                   ContainsSubstring("(--golden)\n") && ContainsSubstring("1 entry in the log") &&
                   ContainsSubstring("Nothing is wrong"));
}

TEST_CASE("evidence is of a gateway whose certificate the operator has, and of no other of the same authority",
          "[attest]") {
    const Gateway gateway;
    const auto& chip = gateway.chip;
    const Gateway another;
    gateway.give("evidence.jwt");
    const auto uid = nlohmann::json::parse(chip.must({"info", "--json"})).at("uid").get<std::string>();
    chip.must({"cert", "read", "E0E0", "--out", "gateway.pem"});
    another.chip.must({"cert", "read", "E0E0", "--out", chip.path("another.pem")});
    CHECK(gateway.findings(0, "evidence.jwt", {"--signer", "gateway.pem", "--uid", uid}).empty());
    CHECK_THAT(chip.must({"attest", "verify", "evidence.jwt", "--ca", "ca.pem", "--signer", "gateway.pem"}),
               ContainsSubstring("chip         " + uid + "\n") && !ContainsSubstring("(--signer"));
    CHECK(gateway.findings(5, "evidence.jwt", {"--signer", "another.pem"}) == Names{"other-chip "});
    // The factory's authority has not written the UID into the certificate: it says nothing about it.
    CHECK(gateway.findings(5, "evidence.jwt", {"--uid", uid}) == Names{"other-chip "});
    CHECK(gateway.verify("evidence.jwt", {"--signer", "none.pem"}).status == 4);

    // Evidence that another chip of that authority, here one of its own, has made comes from no earlier evidence.
    another.give(chip.path("another.jwt"));
    chip.write("both.pem", read_file(chip.path("ca.pem")) + read_file(another.chip.path("ca.pem")));
    const auto mixed =
        chip.trustx({"attest", "verify", "evidence.jwt", "--ca", "both.pem", "--previous", "another.jwt"});
    CHECK(mixed.status == 5);
    CHECK_THAT(mixed.out, ContainsSubstring("the earlier evidence"));
}

TEST_CASE("a start since the earlier evidence is shown, since it may be pretended", "[attest]") {
    const Gateway gateway;
    gateway.measure();
    gateway.give("before.jwt");
    gateway.system.put("proc/sys/kernel/random/boot_id", "1f4a1c2e-8b7d-4e6f-9a3b-5c2d1e0f7a8b\n");
    std::filesystem::remove(gateway.log());
    gateway.measure();
    gateway.give("after.jwt");
    const auto outcome = gateway.verify("after.jwt", {"--previous", "before.jwt"});
    INFO(outcome.both());
    REQUIRE(outcome.status == 0);
    CHECK(nlohmann::json::parse(outcome.out).at("restarted") == true);
    CHECK_THAT(
        gateway.chip.must({"attest", "verify", "after.jwt", "--ca", "ca.pem", "--previous", "before.jwt"}),
        ContainsSubstring("start        1f4a1c2e-8b7d-4e6f-9a3b-5c2d1e0f7a8b\n             started anew since 20"));
}

TEST_CASE("a directory that cannot be measured is left out, and all else is measured", "[attest]") {
    const Gateway gateway;
    gateway.give("golden.jwt");
    gateway.chip.must({"attest", "golden", "golden.jwt", "--ca", "ca.pem", "--out", "golden.json"});
    std::string deep = "etc/gateway";
    for (int i = 0; i < 70; ++i) {
        deep += "/d";
    }
    gateway.system.put(deep + "/file", "");
    const auto measured = gateway.chip.trustx(gateway.measuring({"attest", "measure", "--quiet"}));
    INFO(measured.both());
    CHECK(measured.status == 1);
    CHECK_THAT(measured.err, ContainsSubstring("64 directories deep") && ContainsSubstring("it is left out"));
    CHECK_THAT(measured.out, ContainsSubstring("  kernel\n") && !ContainsSubstring("/etc/gateway"));
    gateway.chip.must_fail(1, gateway.measuring({"attest", "--quiet"}, {"--out", "less.jwt"}), {"it is left out"});
    CHECK(gateway.findings(17, "less.jwt", {"--golden", "golden.json"}) ==
          Names{"differs /etc/gateway", "differs /etc/gateway"});
}

TEST_CASE("how trustx attest verify ends says what is wrong", "[attest]") {
    const Gateway gateway;
    gateway.measure();
    gateway.give("evidence.jwt", {"--nonce", "a-nonce-of-mine"});
    gateway.chip.must({"attest", "golden", "evidence.jwt", "--ca", "ca.pem", "--out", "golden.json"});

    auto token = read_file(gateway.chip.path("evidence.jwt"));
    const auto payload = token.find('.') + 60;
    token[payload] = token[payload] == 'A' ? 'B' : 'A';
    gateway.chip.write("forged.jwt", token);
    CHECK(gateway.verify("forged.jwt").status == 14);

    const SoftwareKey stranger{Curve::p256};
    gateway.chip.write("stranger.pem", pem("CERTIFICATE", stranger.authority_certificate("stranger")));
    const auto untrusted = gateway.chip.trustx({"attest", "verify", "evidence.jwt", "--ca", "stranger.pem"});
    CHECK(untrusted.status == 12);
    CHECK_THAT(untrusted.out, ContainsSubstring("untrusted: no chain"));

    CHECK(gateway.findings(15, "evidence.jwt", {"--nonce", "another-nonce"}) == Names{"not-fresh "});
    CHECK(gateway.findings(5, "evidence.jwt", {"--uid", std::string(54, '0')}) == Names{"other-chip "});
    CHECK(gateway.verify("evidence.jwt", {"--uid", "00"}).status == 2);
    CHECK(gateway.verify("ca.pem").status == 4);
    CHECK(gateway.chip.trustx({"attest", "verify", "evidence.jwt"}).status == 2);

    gateway.system.put("etc/gateway/bin/run", "#!/bin/sh\nrm -rf /\n");
    gateway.system.put("boot/vmlinuz-6.1.0-test", "other kernel");
    gateway.give("changed.jwt");
    CHECK(gateway.findings(17, "changed.jwt", {"--golden", "golden.json"}) ==
          Names{"differs /etc/gateway/bin/run", "differs kernel"});
}

TEST_CASE("a log of the start that was changed is in the evidence, and trustx attest says so", "[attest]") {
    const Gateway gateway;
    gateway.measure();
    gateway.give("before.jwt");
    gateway.system.put("etc/gateway/settings", "interval = 1\n");
    gateway.measure();
    const auto whole = read_file(gateway.log());
    // The entry that tells of the change is taken out, by somebody who cannot forge the chain.
    const auto second = whole.find('\n') + 1;
    write_file(gateway.log(), whole.substr(second));
    const auto outcome = gateway.chip.trustx(gateway.measuring({"attest"}, {"--out", "broken.jwt"}));
    CHECK(outcome.status == 16);
    CHECK_THAT(outcome.err, ContainsSubstring("does not follow"));
    CHECK(gateway.findings(16, "broken.jwt") == Names{"log-broken "});
    gateway.chip.must_fail(16, gateway.measuring({"attest", "measure", "--quiet"}), {"nothing is added"});

    // He who writes it anew is found by the evidence of before.
    std::filesystem::remove(gateway.log());
    gateway.measure();
    gateway.give("rewritten.jwt");
    CHECK(gateway.findings(0, "rewritten.jwt").empty());
    CHECK(gateway.findings(16, "rewritten.jwt", {"--previous", "before.jwt"}) == Names{"log-broken "});
}

TEST_CASE("evidence from the log alone measures nothing", "[attest]") {
    const Gateway gateway;
    gateway.chip.must_fail(6, gateway.measuring({"attest", "--logged"}), {"no entry of this start"});
    gateway.measure();
    gateway.give("golden.jwt");
    gateway.chip.must({"attest", "golden", "golden.jwt", "--ca", "ca.pem", "--out", "golden.json"});
    gateway.system.put("etc/gateway/settings", "interval = 1\n");
    gateway.give("logged.jwt", {"--logged"});
    CHECK(gateway.findings(0, "logged.jwt", {"--golden", "golden.json"}).empty());
    CHECK(read_file(gateway.chip.path("logged.jwt")).size() < 4096);
    gateway.chip.must_fail(2, gateway.measuring({"attest", "--logged", "--measure", "/etc"}), {"--logged"});
}

TEST_CASE("a key of the gateway's own signs evidence, by slot or key file, with its certificate", "[attest]") {
    const Gateway gateway;
    const auto& chip = gateway.chip;
    const SoftwareKey authority{Curve::p256};
    chip.must({"keygen", "E0F1", "--out", "key.pem"});
    const auto reference = reference_in(read_file(chip.path("key.pem")));
    chip.must_fail(6, gateway.measuring({"attest", "--quiet", "--key", "E0F1"}), {"holds no certificate", "--cert"});
    chip.write("chain.pem",
               pem("CERTIFICATE", authority.certificate_for(reference.public_key, "gateway", "authority")) +
                   pem("CERTIFICATE", authority.authority_certificate("authority")));
    chip.write("own-ca.pem", pem("CERTIFICATE", authority.authority_certificate("authority")));
    for (const auto* key : {"E0F1", "key.pem"}) {
        gateway.give("own.jwt", {"--key", key, "--cert", "chain.pem"});
        const auto outcome = chip.trustx({"attest", "verify", "own.jwt", "--ca", "own-ca.pem", "--json"});
        INFO(outcome.both());
        REQUIRE(outcome.status == 0);
        CHECK(nlohmann::json::parse(outcome.out).at("chain") == nlohmann::json{"CN=gateway", "CN=authority"});
    }
    chip.must_fail(5, gateway.measuring({"attest", "--quiet", "--cert", "chain.pem"}), {"another key"});
    chip.keygen("E0F2", {"--curve", "P-384"});
    chip.must_fail(1, gateway.measuring({"attest", "--quiet", "--key", "E0F2"}), {"P-384"});
    chip.must_fail(2, {"attest", "--nonce", "short"}, {"8 to 88"});
    chip.must_fail(2, {"attest", "--brief", "verify", "own.jwt", "--any-issuer"}, {"`verify` has no option `--brief`"});
}

TEST_CASE("dmsetup tells root hashes and RAUC the version, where they are installed", "[attest]") {
    const Gateway gateway;
    const auto& chip = gateway.chip;
    const std::string hash(64, 'a');
    std::filesystem::create_directories(gateway.system.at("sys/block/dm-0"));
    gateway.system.put("proc/cmdline", "roothash=" + std::string(64, 'b') + "\n");
    chip.write("rauc.conf", "firmware-version-from = rauc\n");
    std::filesystem::create_directory(chip.path("programs"));
    const auto program = [&](const std::string& name, const std::string& script) {
        const auto file = chip.write("programs/" + name, "#!/bin/sh\n" + script);
        std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    };
    const ProcessOptions options{.environment = {{"PATH", chip.path("programs")}}};
    const auto components = [&](const std::string& evidence) {
        return nlohmann::json::parse(gateway.verify(evidence).out);
    };

    program("dmsetup", "[ \"$*\" = 'table --target verity' ] && echo 'usr: 0 8 verity 1 8:1 8:2 4096 4096 1 1 sha256 " +
                           hash + " 00'\n");
    const auto unknown =
        chip.trustx(gateway.measuring({"attest", "--config", "rauc.conf"}, {"--out", "untold.jwt"}), options);
    CHECK(unknown.status == 0);
    CHECK_THAT(unknown.err, ContainsSubstring("no version of the firmware") && ContainsSubstring("not installed"));
    CHECK_FALSE(components("untold.jwt").contains("firmware"));
    // Measuring, early in a start, asks nobody.
    const auto early = chip.trustx(gateway.measuring({"attest", "measure", "--config", "rauc.conf"}), options);
    CHECK(early.status == 0);
    CHECK_THAT(early.err, !ContainsSubstring("RAUC"));
    program("rauc", R"(echo '{"slots":[{"a":{"state":"booted","slot_status":{"bundle":{"version":"3.1"}}}}]}')");
    chip.must(gateway.measuring({"attest", "--config", "rauc.conf"}, {"--out", "told.jwt"}), options);
    CHECK(components("told.jwt").at("firmware") == "3.1");
    CHECK(components("told.jwt").at("components").at("dm-verity/usr") == hash);
    CHECK_FALSE(components("told.jwt").at("components").contains("dm-verity/root"));
    program("dmsetup", "echo 'device-mapper: permission denied' >&2; exit 1\n");
    chip.must_fail(4, gateway.measuring({"attest", "--quiet"}), {"dmsetup does not tell", "permission denied"},
                   options);
}

TEST_CASE("the sample for the shadow answers nonces in base64 and in base64url", "[attest]") {
    const Gateway gateway;
    gateway.measure();
    std::filesystem::create_directory(gateway.chip.path("programs"));
    const auto program = gateway.chip.write("programs/trustx", "#!/bin/sh\nexec \"$TRUSTX\" \"$@\" --root '" +
                                                                   gateway.system.top() + "' --log '" + gateway.log() +
                                                                   "' --config '" + gateway.config + "'\n");
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    const auto sample = (source_directory() / "conf/services/attestation").string();
    for (const auto* nonce : {"abcd+/8AAQ==", "--cd-_8AAQ"}) {
        gateway.chip.write("delta", R"({"version":8,"state":{"nonce":")" + std::string{nonce} + "\"}}\n");
        const auto outcome = gateway.chip.shell("PATH=$PWD/programs:$PATH '" + sample + "' <delta");
        INFO(outcome.both());
        REQUIRE(outcome.ok());
        const auto answer = nlohmann::json::parse(outcome.out);
        CHECK(answer.at("nonce") == nonce);
        gateway.chip.write("answer.jwt", answer.at("evidence").get<std::string>());
        CHECK(gateway.findings(0, "answer.jwt", {"--nonce=" + std::string{nonce}}).empty());
    }
    CHECK_FALSE(gateway.chip.shell("echo '{\"state\":{\"nonce\":\"a.b.c.d.e\"}}' | '" + sample + "'").ok());
}

TEST_CASE("PyJWT verifies evidence by the certificate in it", "[attest]") {
    const Gateway gateway;
    gateway.give("evidence.jwt", {"--nonce", "a-nonce-of-mine"});
    const auto outcome = run(debians_python(), {"-c", R"(
import base64, json, sys
import jwt
from cryptography import x509
token = open(sys.argv[1]).read().strip()
header = jwt.get_unverified_header(token)
assert header["typ"] == "eat+jwt", header
certificate = x509.load_der_x509_certificate(base64.b64decode(header["x5c"][0]))
claims = jwt.decode(token, certificate.public_key(), algorithms=["ES256"])
assert claims["eat_nonce"] == "a-nonce-of-mine"
measured = {}
for content_format, text in claims["measurements"]:
    assert content_format == 296
    component = json.loads(text)
    algorithm, value = component["digested-measurement"]
    assert algorithm == "sha-256" and len(base64.urlsafe_b64decode(value + "=")) == 32
    measured[component["id"][0]] = value
assert {"kernel", "initrd", "command-line", "/etc/gateway"} == set(measured), measured
try:
    jwt.decode(token[:-10] + "AAAAAAAAAA", certificate.public_key(), algorithms=["ES256"])
except jwt.InvalidSignatureError:
    print("verified")
)",
                                                gateway.chip.path("evidence.jwt")});
    INFO(outcome.both());
    CHECK(outcome.out == "verified\n");
}

TEST_CASE("openssl makes the same chain and the same signature check", "[attest]") {
    const Gateway gateway;
    gateway.give("evidence.jwt");
    const auto outcome = gateway.chip.shell(R"sh(set -eu
decode() { tr '_-' '/+' | awk '{ while (length($0) % 4) $0 = $0 "="; print }' | openssl base64 -d -A; }
IFS=. read -r header payload signature <evidence.jwt
printf %s "$header" | decode | sed 's/.*"x5c":\["\([^"]*\)".*/\1/' | openssl base64 -d -A >leaf.der
openssl x509 -inform DER -in leaf.der -out leaf.pem
openssl verify -partial_chain -CAfile ca.pem leaf.pem
openssl x509 -in leaf.pem -noout -pubkey >public.pem
raw=$(printf %s "$signature" | decode | od -An -v -tx1 | tr -d ' \n')
printf 'asn1=SEQUENCE:s\n[s]\nr=INTEGER:0x%s\ns=INTEGER:0x%s\n' "$(printf %s "$raw" | cut -c1-64)" \
  "$(printf %s "$raw" | cut -c65-128)" >signature.cnf
openssl asn1parse -genconf signature.cnf -noout -out signature.der
printf %s "$header.$payload" | openssl dgst -sha256 -verify public.pem -signature signature.der)sh");
    INFO(outcome.both());
    CHECK(outcome.ok());
    CHECK_THAT(outcome.out, ContainsSubstring("Verified OK"));
}
