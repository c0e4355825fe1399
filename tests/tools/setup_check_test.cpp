// SPDX-License-Identifier: Apache-2.0
// trustx setup check: every step from the configuration to a signature, each fault with its remedy.
#include "chip_fixture.hpp"
#include "support/catch.hpp"

#include <filesystem>

#include <nlohmann/json.hpp>
#include <openssl/crypto.h>
#include <unistd.h>

using namespace trustx;
using namespace trustx::test;

namespace {

struct Machine {
    Chip chip;
    std::string config;

    // further lines go into trustx's own section.
    explicit Machine(const std::string& further = "", const std::string& default_section = "activate = 1\n") {
        config = chip.write(
            "openssl.cnf",
            "openssl_conf = init\n[init]\nproviders = p\n[p]\ndefault = d\ntrustx = t\n[d]\n" + default_section +
                "[t]\nactivate = 1\nmodule = " + (module_directory() / "trustx.so").string() + "\n" + further);
    }
    [[nodiscard]] Outcome check(const Arguments& more = {}, const std::string& file = {}) const {
        Arguments arguments{"setup", "check", "--config", file.empty() ? config : file};
        arguments.insert(arguments.end(), more.begin(), more.end());
        auto outcome = chip.trustx(arguments);
        UNSCOPED_INFO(outcome.both());
        return outcome;
    }
};

void check_fault(const Outcome& outcome, int status, const std::vector<std::string>& words) {
    CHECK(outcome.status == status);
    CHECK_THAT(outcome.out, ContainsSubstring("FAILED") && ContainsSubstring("remedy: "));
    for (const auto& word : words) {
        CHECK_THAT(outcome.out, ContainsSubstring(word));
    }
}

}  // namespace

TEST_CASE("check finds a machine in order and uses no private key", "[setup]") {
    const Machine machine;
    machine.chip.keygen("E0F1");
    machine.chip.simulator.reset_stats();
    const auto outcome = machine.check();
    CHECK(outcome.status == 0);
    CHECK(outcome.err.empty());
    for (const auto* word : {"activates trustx by its section [t]", "module", "loads", "answers at unix:", "UID",
                             "E0F0, E0F1", "--key FILE"}) {
        CHECK_THAT(outcome.out, ContainsSubstring(word));
    }
    CHECK_THAT(outcome.out, !ContainsSubstring("FAILED"));
    CHECK(machine.chip.private_key_uses() == 0);
}

TEST_CASE("check with a key file signs once", "[setup]") {
    const Machine machine;
    machine.chip.must({"keygen", "E0F1", "--out", "key.pem"});
    machine.chip.simulator.reset_stats();
    const auto outcome = machine.check({"--key", "key.pem"});
    CHECK(outcome.status == 0);
    CHECK_THAT(outcome.out, ContainsSubstring("signs, and the signature verifies"));
    CHECK(machine.chip.private_key_uses() == 1);
}

TEST_CASE("check works on a configuration that enable made", "[setup]") {
    const Machine machine;
    const auto file = machine.chip.write("system.cnf", "[ca]\n");
    machine.chip.must({"setup", "enable", "--quiet", "--config", file, "--module", module_directory() / "trustx.so"});
    const auto outcome = machine.check({}, file);
    CHECK(outcome.status == 0);
    CHECK_THAT(outcome.out, ContainsSubstring("by the block of `trustx setup enable`"));
}

TEST_CASE("check names what is wrong with a configuration", "[setup]") {
    const Machine machine;
    check_fault(machine.check({}, machine.chip.write("none.cnf", "[ca]\n")), 5,
                {"does not name the provider trustx", "trustx setup enable --config"});
    check_fault(machine.check({}, machine.chip.path("nothing.cnf")), 4, {"No such file", "--config"});
    check_fault(machine.check({}, machine.chip.write("bad.cnf", "[ca\n")), 4, {"line 1"});
    check_fault(machine.check({}, machine.chip.write("off.cnf",
                                                     "openssl_conf = i\n[i]\nproviders = p\n[p]\ntrustx = "
                                                     "t\n[t]\n")),
                5, {"section [t] does not say `activate = 1`"});
    const Machine without_default{"", ""};
    check_fault(without_default.check(), 5, {"default provider", "no longer implied"});
    const Machine demanding;
    for (const std::string properties : {"fips=yes", "?x=y,fips=yes"}) {
        check_fault(demanding.check(
                        {}, demanding.chip.write(
                                "fips.cnf",
                                "openssl_conf = i\n[i]\nalg_section = a\nproviders = p\n[a]\ndefault_properties = " +
                                    properties + "\n[p]\ntrustx = t\ndefault = d\n[t]\nactivate = 1\nmodule = " +
                                    (module_directory() / "trustx.so").string() + "\n[d]\nactivate = 1\n")),
                    5, {"fips=yes", "question mark"});
    }
}

TEST_CASE("check says whether libssl comes to the provider for ephemeral keys", "[setup]") {
    const Machine machine;
    const auto check_lines = [&](const std::string& providers, const std::string& groups) {
        return machine.check(
            {}, machine.chip.write(
                    "scope.cnf", "openssl_conf = i\n[i]\nproviders = p\nssl_conf = s\n[s]\nsystem_default = g\n[g]\n" +
                                     groups + "\n[p]\n" + providers +
                                     "[d]\nactivate = 1\n[t]\nactivate = 1\nscope = ephemeral\nmodule = " +
                                     (module_directory() / "trustx.so").string() + "\n"));
    };
    const auto check = [&](const std::string& name, const std::string& groups) {
        return check_lines(name + " = t\ndefault = d\n", groups);
    };
    const auto good = check("a-trustx", "groups = P-256:secp384r1:P-521");
    CHECK(good.status == 0);
    CHECK_THAT(good.out, ContainsSubstring("from a-trustx") && ContainsSubstring("loads"));
    check_fault(check("trustx", "Groups = P-256:P-384:P-521"), 5, {"sorts behind default"});
    check_fault(check_lines("default = d\na-trustx = t\n", "Groups = P-256:P-384:P-521"), 5,
                {"is behind that of default", "`a-trustx = t` first in [p]"});
    check_fault(check("a-trustx", "MinProtocol = TLSv1.2"), 5, {"no `Groups`"});
    check_fault(check("a-trustx", "Groups = X25519:P-256"), 5, {"does not have"});
    check_fault(check("a-trustx", "Groups = P-256"), 5, {"name no group"});
    CHECK(check("a-trustx", "Curves = ?P-384:P-256/P-521").status == 0);
}

TEST_CASE("check does not send to enable where enable refuses", "[setup]") {
    const Machine machine;
    const std::string begin = "openssl_conf = i\n[i]\nproviders = p\n[p]\ndefault = d\n[d]\nactivate = 1\n";
    for (const auto& [text, word] : std::vector<std::pair<std::string, std::string>>{
             {begin + "x = y\\", "backslash"},
             {begin + std::string{"#\0\n", 3}, "NUL"},
             {"openssl_conf = a b\n[a b]\nx = y\n", "plain name"},
             {begin + "[p]\ntrustx = t\n[t]\nactivate = off\n", "activate = 1"}}) {
        CAPTURE(text);
        const auto outcome = machine.check({}, machine.chip.write("refused.cnf", text));
        CHECK(outcome.status != 0);
        CHECK_THAT(outcome.out, !ContainsSubstring("`trustx setup enable --config"));
        CHECK_THAT(outcome.out, ContainsSubstring(word));
    }
    const auto file = machine.chip.write("linked.cnf", begin);
    std::filesystem::create_hard_link(file, machine.chip.path("second.cnf"));
    check_fault(machine.check({}, file), 5, {"cannot do it", "hard links"});
}

TEST_CASE("an empty OPENSSL_CONF is named as what keeps OpenSSL from any configuration", "[setup]") {
    const Machine machine;
    const ProcessOptions empty{.environment = {{"OPENSSL_CONF", ""}}};
    check_fault(machine.chip.trustx({"setup", "check"}, empty), 2, {"OPENSSL_CONF is empty", "unset it"});
    machine.chip.must_fail(2, {"setup", "enable"}, {"OPENSSL_CONF is empty", "--config"}, empty);
    machine.chip.must_fail(2, {"setup", "disable"}, {"OPENSSL_CONF is empty", "--config"}, empty);
}

TEST_CASE("check names a setting that OpenSSL passes to no provider", "[setup]") {
    const Machine machine{"lock_directory = /tmp\n"};
    check_fault(machine.check(), 2,
                {"section [t] of the OpenSSL configuration: unknown setting `lock_directory`", "lock-directory",
                 "correct the setting"});
}

TEST_CASE("check names a setting whose value OpenSSL takes for the name of a section", "[setup]") {
    const Machine machine{"open = load\n[load]\nanything = 1\n"};
    check_fault(machine.check(), 2,
                {"section [t] of the OpenSSL configuration: `open`", "a section [load]", "another name"});
}

TEST_CASE("check names a module that is missing or cannot be loaded", "[setup]") {
    const Machine machine;
    const auto with_module = [&](const std::string& module) {
        return machine.check({}, machine.chip.write("m.cnf",
                                                    "openssl_conf = i\n[i]\nproviders = p\n[p]\ndefault = "
                                                    "d\ntrustx = t\n[d]\nactivate = 1\n[t]\nactivate = "
                                                    "1\nmodule = " +
                                                        module + "\n"));
    };
    check_fault(with_module("/nonexistent/trustx.so"), 4, {"there is no /nonexistent/trustx.so"});
    check_fault(with_module(machine.chip.write("trustx.so", "no module")), 5, {"cannot start it", "file too short"});
}

TEST_CASE("check survives a damaged module and names a module that is not trustx's", "[setup]") {
    const Machine machine;
    const auto ours = read_file(module_directory() / "trustx.so");
    machine.chip.write("trustx.so", ours.substr(0, 1000));
    const auto with_module = [&] {
        return machine.check({}, machine.chip.write("m.cnf",
                                                    "openssl_conf = i\n[i]\nproviders = p\n[p]\ndefault = d\ntrustx "
                                                    "= t\n[d]\nactivate = 1\n[t]\nactivate = 1\nmodule = " +
                                                        machine.chip.path("trustx.so") + "\n"));
    };
    check_fault(with_module(), 5, {"module", "answers at unix:"});  // the report goes on
    const std::filesystem::path legacy{std::string{OPENSSL_info(OPENSSL_INFO_MODULES_DIR)} + "/legacy.so"};
    if (std::filesystem::exists(legacy)) {
        machine.chip.write("trustx.so", read_file(legacy));
        check_fault(with_module(), 5, {"another provider", "Legacy"});
    }
}

TEST_CASE("check names a fault elsewhere in the configuration that keeps OpenSSL from the provider", "[setup]") {
    const Machine machine;
    const auto text = read_file(machine.config);
    const auto file = machine.chip.write("ssl.cnf", text + "[init]\nssl_conf = s\nproviders = p\n[s]\n");
    check_fault(machine.check({}, file), 4, {"OpenSSL stops reading", "ssl section", "stops at the first fault"});
}

TEST_CASE("check names a chip that does not answer, and still tells about the rest", "[setup]") {
    Machine machine;
    machine.chip.simulator.kill9();
    const auto outcome = machine.check();
    check_fault(outcome, 3, {"chip", "start trustx-sim"});
    CHECK_THAT(outcome.out, ContainsSubstring("loads"));
    CHECK_THAT(outcome.out, !ContainsSubstring("i2c"));  // it is a socket
    const auto adapter = machine.check({"--device", "i2c:/nonexistent/i2c-7"});
    check_fault(adapter, 3, {"the group trustx", "i2cdetect -y 7", "ls -l /nonexistent/i2c-7"});
}

TEST_CASE("check names a key file that no chip key is behind", "[setup]") {
    const Machine machine;
    machine.chip.must({"keygen", "E0F1", "--out", "key.pem"});
    machine.chip.shell("openssl genpkey -algorithm EC -pkeyopt group:P-256 -out soft.pem");
    check_fault(machine.check({"--key", "soft.pem"}), 5, {"a key in software"});
    check_fault(machine.check({"--key", "missing.pem"}), 4, {"cannot be loaded"});
    machine.chip.shell("openssl pkey -in soft.pem -aes256 -passout pass:secret -out encrypted.pem");
    const auto encrypted = machine.check({"--key", "encrypted.pem"});
    check_fault(encrypted, 4, {"cannot be loaded"});
    CHECK_THAT(encrypted.err, !ContainsSubstring("pass phrase"));  // it was not asked for
    machine.chip.must({"keygen", "E0F1", "--force", "--out", "another.pem"});
    check_fault(machine.check({"--key", "key.pem"}), 5, {"signature", "another one now"});
}

TEST_CASE("check names the directory that keeps a user from a file", "[setup]") {
    const Machine machine;
    const auto& chip = machine.chip;
    std::filesystem::permissions(chip.files.path(), std::filesystem::perms{0755});
    std::filesystem::create_directory(chip.path("closed"));
    for (const std::string name : {"key.pem", "certificate.pem", "other.cnf"}) {
        chip.write("closed/" + name, "");
    }
    std::filesystem::permissions(chip.path("closed"), std::filesystem::perms::none);
    const Arguments somebody = ::geteuid() == 0 ? Arguments{"--user", "nobody"} : Arguments{};
    auto files = somebody;
    files.insert(files.end(), {"--key", chip.path("closed/key.pem"), "--cert", chip.path("closed/certificate.pem")});
    const auto outcome = machine.check(files, chip.path("closed/other.cnf"));
    std::filesystem::permissions(chip.path("closed"), std::filesystem::perms{0700});
    const auto remedy = "remedy: " + chip.path("closed") + " is closed to ";
    std::size_t count = 0;
    for (auto at = outcome.out.find(remedy); at != std::string::npos; at = outcome.out.find(remedy, at + 1)) {
        ++count;
    }
    CHECK(count == 3);
    CHECK(outcome.status == 4);
}

TEST_CASE("check finds what keeps a key from signing, without using it, by the exit codes of all commands", "[setup]") {
    const Machine machine;
    const auto& chip = machine.chip;
    auto reference = chip.keygen("E0F1");
    const auto key_file = [&](const KeyReference& key) { return chip.write("k.pem", keys::key_file_text(key)); };
    chip.simulator.reset_stats();

    auto other_chip = reference;
    other_chip.coprocessor->bytes[18] ^= 0xFF;
    check_fault(machine.check({"--key", key_file(other_chip)}), 5, {other_chip.coprocessor->hex()});
    auto empty = reference;
    empty.key.value = 0xE0F3;
    check_fault(machine.check({"--key", key_file(empty)}), 6, {"E0F3", "holds no key", "trustx keygen E0F3"});
    chip.must({"lifecycle", "raise", "E0F3", "operational", "--force", "--quiet"});
    const auto closed = machine.check({"--key", key_file(empty)});
    check_fault(closed, 6, {"E0F3", "holds no key", "another slot"});
    CHECK_THAT(closed.out, !ContainsSubstring("trustx keygen E0F3"));
    CHECK(chip.private_key_uses() == 0);

    const auto agreement = chip.keygen("E0F2", {"--usage", "keyagree"});
    check_fault(machine.check({"--key", key_file(agreement)}), 1, {"may not sign", "keyagree"});
    chip.keygen("E0F1", {"--force", "--curve", "P-384"});
    check_fault(machine.check({"--key", key_file(reference)}), 5, {"another key"});
}

TEST_CASE("no remedy of check would write over the file that it looked at", "[setup]") {
    const Machine machine;
    const auto& chip = machine.chip;
    const SoftwareKey authority{Curve::p256};
    chip.write("certificate.pem", pem("CERTIFICATE", authority.certificate("gateway")));
    chip.write("text.pem", "no key\n");
    for (const std::string file : {"certificate.pem", "text.pem", "missing.pem"}) {
        const auto outcome = machine.check({"--key", file});
        check_fault(outcome, 4, {file, "NEW-FILE"});
        CHECK_THAT(outcome.out, !ContainsSubstring("--out " + file));
    }
    check_fault(machine.check({"--key", "certificate.pem"}), 4, {"holds a certificate", "--cert"});
}

TEST_CASE("check signs with the chip that --device names, which it reports", "[setup]") {
    const Machine machine;
    const Chip other;
    const auto key = other.keygen("E0F1");
    machine.chip.write("key.pem", keys::key_file_text(key));
    machine.chip.simulator.reset_stats();
    other.simulator.reset_stats();
    const auto outcome = machine.check({"--device", other.simulator.address(), "--key", "key.pem"});
    CHECK(outcome.status == 0);
    CHECK_THAT(outcome.out, ContainsSubstring(other.simulator.address()) && ContainsSubstring("(from --device)"));
    CHECK(other.private_key_uses() == 1);
    CHECK(machine.chip.private_key_uses() == 0);
}

TEST_CASE("check reports every setting that is wrong, and goes on with the others", "[setup]") {
    const Machine machine{
        "lock_directory = /tmp\nself-verify = perhaps\nlock-timeout-ms = 0\ncommand-timeout-ms = 5000\n"};
    machine.chip.keygen("E0F1");
    const auto outcome = machine.check();
    check_fault(outcome, 2, {"`lock_directory`", "self-verify", "lock-timeout-ms", "answers at unix:", "E0F0, E0F1"});
    CHECK_THAT(outcome.out, !ContainsSubstring("`command-timeout-ms`"));
}

TEST_CASE("check reports several faults in one run, and names the first in its exit code", "[setup]") {
    const Machine machine{"self-verify = perhaps\n", ""};
    machine.chip.write("text.pem", "no key\n");
    const auto outcome = machine.check({"--key", "text.pem", "--json"});
    CHECK(outcome.status == 5);
    const auto report = nlohmann::json::parse(outcome.out);
    std::vector<std::pair<std::string, int>> failures;
    for (const auto& finding : report.at("findings")) {
        if (finding.at("verdict") == "failed") {
            CHECK_FALSE(finding.at("remedy").get<std::string>().empty());
            failures.emplace_back(finding.at("subject"), finding.at("exit_code"));
        }
    }
    CHECK(failures ==
          std::vector<std::pair<std::string, int>>{{"default provider", 5}, {"setting", 2}, {"key file", 4}});
}

TEST_CASE("check judges the certificates in the chip", "[setup]") {
    const Machine machine;
    const auto& chip = machine.chip;
    constexpr long day = 24L * 60 * 60;
    const SoftwareKey authority{Curve::p256};
    const auto store = [&](const std::string& object, const SoftwareKey::Certificate& certificate) {
        chip.must({"cert", "write", object, "--force", "--quiet"},
                  {.input = pem("CERTIFICATE", authority.issue(certificate))});
    };
    const auto key = chip.keygen("E0F1");
    chip.write("key.pem", keys::key_file_text(key));

    store("E0E1", {.subject = key.public_key});
    auto outcome = machine.check({"--key", "key.pem"});
    CHECK(outcome.status == 0);
    CHECK_THAT(outcome.out, ContainsSubstring("certificate E0E1") && ContainsSubstring("its issuer, CN=authority"));

    store("E0E1", {.subject = key.public_key, .begins = -2 * day, .ends = -day});
    check_fault(machine.check(), 5, {"certificate E0E1", "expired at", "trustx cert write E0E1"});
    store("E0E1", {.subject = key.public_key, .begins = day, .ends = 2 * day});
    check_fault(machine.check(), 5, {"certificate E0E1", "not valid before", "clock"});
    store("E0E1", {.subject = authority.public_key()});
    CHECK(machine.check().status == 0);  // nothing shows that the key is another one
    check_fault(machine.check({"--key", "key.pem"}), 5, {"certificate E0E1", "another key", "key.pem"});
    store("E0E1", {.subject = SoftwareKey{Curve::p384}.public_key()});
    check_fault(machine.check(), 5, {"certificate E0E1", "P-256 key in E0F1"});
    chip.must({"object", "write", "E0E1", "--force"}, {.input = "no certificate"});
    check_fault(machine.check(), 5, {"certificate E0E1"});
}

TEST_CASE("check judges trust anchors", "[setup]") {
    const Machine machine;
    const SoftwareKey authority{Curve::p256};
    const auto store = [&](const SoftwareKey::Certificate& certificate) {
        machine.chip.must({"cert", "write", "E0E8", "--force", "--quiet"},
                          {.input = pem("CERTIFICATE", authority.issue(certificate))});
    };
    const SoftwareKey::Certificate root{.subject = authority.public_key(), .common_name = "authority"};
    store(root);
    CHECK(machine.check().status == 0);
    auto old = root;
    old.version = 0;
    store(old);
    check_fault(machine.check(), 5, {"trust anchor E0E8", "version 3"});
    store({.subject = SoftwareKey{Curve::p256}.public_key()});
    check_fault(machine.check(), 5, {"trust anchor E0E8", "authority"});
    auto expired = root;
    expired.begins = -20;
    expired.ends = -10;
    store(expired);
    check_fault(machine.check(), 5, {"trust anchor E0E8", "expired at"});
}

TEST_CASE("check judges the certificate file that goes with a key", "[setup]") {
    const Machine machine;
    const auto& chip = machine.chip;
    const SoftwareKey authority{Curve::p256};
    const auto key = chip.keygen("E0F1");
    chip.write("key.pem", keys::key_file_text(key));
    const auto leaf = pem("CERTIFICATE", authority.issue({.subject = key.public_key}));
    const auto root = pem("CERTIFICATE", authority.authority_certificate("authority"));
    chip.write("chain.pem", leaf + root);
    const auto good = machine.check({"--key", "key.pem", "--cert", "chain.pem"});
    CHECK(good.status == 0);
    CHECK_THAT(good.out, ContainsSubstring("ok      certificate file"));
    chip.write("disorder.pem", root + leaf);
    check_fault(machine.check({"--cert", "disorder.pem"}), 5, {"not a chain"});
    chip.write("other.pem", root);
    check_fault(machine.check({"--key", "key.pem", "--cert", "other.pem"}), 5, {"another key", "key.pem"});
    check_fault(machine.check({"--cert", "key.pem"}), 4, {"no CERTIFICATE block"});
}

TEST_CASE("check says whether the chip can be a DTLS client, where that is asked", "[setup]") {
    const Machine machine;
    CHECK_THAT(machine.check().out, !ContainsSubstring("DTLS"));
    check_fault(machine.check({"--dtls", "E0F1"}), 6, {"DTLS key E0F1", "holds no key", "trustx keygen E0F1"});
    machine.chip.keygen("E0F1", {"--usage", "sign"});
    check_fault(machine.check({"--dtls", "E0F1"}), 1,
                {"its usage is sign", "trustx metadata set E0F1 --usage auth,sign --force"});
    machine.chip.must({"metadata", "set", "E0F1", "--usage", "auth,sign", "--force"});
    check_fault(machine.check({"--dtls", "E0F1"}), 6,
                {"DTLS key E0F1", "may authenticate", "DTLS anchor E0E8", "trustx anchor write E0E8 FILE"});
    CHECK(machine.check({"--dtls", "E0E8"}).status == 2);
}

TEST_CASE("check looks at the certificate that a DTLS server gets, and whether it is the key's", "[setup]") {
    const Machine machine;
    const auto& chip = machine.chip;
    constexpr long day = 24L * 60 * 60;
    const SoftwareKey authority{Curve::p256};
    const auto key = chip.keygen("E0F1", {"--usage", "auth,sign"});
    chip.must({"anchor", "write", "E0E8"}, {.input = pem("CERTIFICATE", authority.authority_certificate("authority"))});
    const auto store = [&](const SoftwareKey::Certificate& certificate) {
        chip.must({"cert", "write", "E0E1", "--force", "--quiet"},
                  {.input = pem("CERTIFICATE", authority.issue(certificate))});
    };
    const auto none = machine.check({"--dtls", "E0F1"});
    CHECK(none.status == 0);
    CHECK_THAT(none.out, ContainsSubstring("note    DTLS certificate E0E1") &&
                             ContainsSubstring("a server that demands one refuses this client") &&
                             ContainsSubstring("trustx cert write E0E1 FILE"));

    store({.subject = key.public_key});
    chip.simulator.reset_stats();
    const auto good = machine.check({"--dtls", "E0F1"});
    CHECK(good.status == 0);
    CHECK_THAT(good.out, ContainsSubstring("ok      DTLS certificate E0E1"));
    CHECK(chip.private_key_uses() == 1);

    const std::string refused = "servers that ask for a certificate refuse it";
    store({.subject = authority.public_key()});
    check_fault(machine.check({"--dtls", "E0F1"}), 5,
                {"DTLS certificate E0E1", "for another key than the one in E0F1", refused, "issued for that key"});
    store({.subject = SoftwareKey{Curve::p384}.public_key()});
    check_fault(machine.check({"--dtls", "E0F1"}), 5, {"DTLS certificate E0E1", "for another key", refused});
    store({.subject = key.public_key, .begins = -2 * day, .ends = -day});
    check_fault(machine.check({"--dtls", "E0F1"}), 5, {"DTLS certificate E0E1", "expired at", refused, "renewed"});
    store({.subject = key.public_key, .begins = day, .ends = 2 * day});
    check_fault(machine.check({"--dtls", "E0F1"}), 5, {"DTLS certificate E0E1", "not valid before", refused, "clock"});
    chip.must({"object", "write", "E0E1", "--force"}, {.input = "no certificate"});
    check_fault(machine.check({"--dtls", "E0F1"}), 5, {"DTLS certificate E0E1"});
}
