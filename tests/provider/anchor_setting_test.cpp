// SPDX-License-Identifier: Apache-2.0
// `trustx anchor write --verify-anchors`, from the certificate in the chip over the setting to a program that has the
// chip verify with it, and what `trustx setup check` says.
#include "support/build_tree.hpp"
#include "support/catch.hpp"
#include "workbench.hpp"

#include <nlohmann/json.hpp>

using namespace trustx::test;

namespace {

// A machine has a configuration as OpenSSL installs it, which `trustx setup enable` has edited, and roots in files.
struct Machine {
    ChipBench chip;
    std::filesystem::path configuration = chip->path("system.cnf");

    Machine() {
        write_file(configuration, "openssl_conf = init\n[init]\n");
        for (const std::string name : {"root", "other"}) {
            make(name, {"-newkey", "ec", "-pkeyopt", "group:P-256"});
        }
        make("rsa", {"-newkey", "rsa:2048"});
    }
    void make(const std::string& name, const std::vector<std::string>& key) const {
        std::vector<std::string> arguments{"req", "-x509"};
        arguments.insert(arguments.end(), key.begin(), key.end());
        for (const auto& more : {"-noenc", "-days", "2", "-subj"}) {
            arguments.emplace_back(more);
        }
        arguments.insert(arguments.end(), {"/CN=" + name, "-keyout", name + ".key", "-out", name + ".pem"});
        chip->must_openssl(arguments);
    }

    [[nodiscard]] Outcome trustx(const std::vector<std::string>& arguments) const {
        ProcessOptions options = chip->process_options();
        options.without_environment.clear();
        options.environment["TRUSTX_DEVICE"] = chip.simulator().address();
        options.environment["TRUSTX_LOCK_DIRECTORY"] = chip.simulator().directory().path().string();
        options.environment["OPENSSL_CONF"] = configuration.string();
        options.environment["TRUSTX_CONF"] = "";
        return run(program("trustx"), arguments, options);
    }
    void must(const std::vector<std::string>& arguments) const {
        const auto outcome = trustx(arguments);
        INFO(outcome.both());
        REQUIRE(outcome.ok());
    }
    void enable() const { must({"setup", "enable", "--module", (module_directory() / "trustx.so").string()}); }
    [[nodiscard]] std::string text() const { return read_file(configuration); }

    // verifications is how many VerifySign a program with that configuration takes.
    [[nodiscard]] int verifications(const std::string& root) const {
        ProcessOptions options = chip->process_options();
        options.without_environment.clear();
        options.environment["TRUSTX_DEVICE"] = chip.simulator().address();
        options.environment["TRUSTX_LOCK_DIRECTORY"] = chip.simulator().directory().path().string();
        options.environment["OPENSSL_CONF"] = configuration.string();
        chip.reset_counters();
        const auto outcome =
            run("openssl", {"verify", "-check_ss_sig", "-CAfile", root + ".pem", root + ".pem"}, options);
        INFO(outcome.both());
        CHECK(outcome.ok());
        return chip.stats().at("commands").value("VerifySign", 0);
    }
};

std::size_t occurrences(const std::string& text, const std::string& word) {
    std::size_t count = 0;
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
        ++count;
    }
    return count;
}

}  // namespace

TEST_CASE("a trust anchor is written with its setting, and programs have the chip verify with it", "[anchor][setup]") {
    const Machine machine;
    const auto untouched = machine.text();
    machine.enable();
    const auto enabled = machine.text();
    CHECK(machine.verifications("root") == 0);

    machine.must({"anchor", "write", "E0E8", "root.pem", "--verify-anchors"});
    CHECK(machine.verifications("root") == 1);
    CHECK(machine.verifications("other") == 0);
    const auto once = machine.text();
    machine.must({"anchor", "write", "E0E8", "root.pem", "--verify-anchors"});
    CHECK(machine.text() == once);
    machine.enable();
    CHECK(machine.text() == once);

    machine.must({"anchor", "write", "E0EF", "other.pem", "--verify-anchors"});
    CHECK(machine.verifications("root") == 1);
    CHECK(machine.verifications("other") == 1);
    CHECK(occurrences(machine.text(), "verify-anchors = ") == 1);

    // The same object for another key, and with it the key in place of its old object.
    machine.must({"anchor", "write", "E0E8", "other.pem", "--verify-anchors", "--force"});
    CHECK(occurrences(machine.text(), "E0EF=") == 0);
    CHECK(machine.verifications("other") == 1);
    CHECK(machine.verifications("root") == 0);

    machine.must({"setup", "disable"});
    CHECK(machine.text() == untouched);
    machine.enable();
    CHECK(machine.text() == enabled);
}

TEST_CASE("a setting that cannot be written leaves configuration and chip alone", "[anchor][setup]") {
    const Machine machine;
    const auto refused = [&](const std::string& text, const std::vector<std::string>& words) {
        write_file(machine.configuration, text);
        machine.chip.reset_counters();
        const auto outcome = machine.trustx({"anchor", "write", "E0E8", "root.pem", "--verify-anchors"});
        INFO(outcome.both());
        CHECK(outcome.status == 1);
        for (const auto& word : words) {
            CHECK_THAT(outcome.err, ContainsSubstring(word));
        }
        CHECK(machine.text() == text);
        CHECK(machine.chip.transfers() == 0);
    };
    refused("openssl_conf = init\n[init]\n", {"trustx setup enable"});
    const std::string module = "module = " + (module_directory() / "trustx.so").string() + "\n";
    refused(
        "openssl_conf = i\n[i]\nproviders = p\n[p]\ndefault = d\ntrustx = t\n[d]\nactivate = 1\n[t]\nactivate = 1\n" +
            module,
        {"verify-anchors = E0E8=", "[t]"});
    write_file(machine.configuration, "openssl_conf = init\n[init]\n");
    machine.enable();
    auto edited = machine.text();
    edited.insert(edited.find(module), "# by hand\n");
    refused(edited, {"verify-anchors = E0E8=", "by hand"});
}

TEST_CASE("an RSA root is kept on request, and the chip is said not to verify with it", "[anchor][setup]") {
    const Machine machine;
    machine.enable();
    const auto refused = machine.trustx({"anchor", "write", "E0E8", "rsa.pem"});
    CHECK(refused.status == 5);
    CHECK_THAT(refused.err, ContainsSubstring("RSA") && ContainsSubstring("Amazon Root CA 3") &&
                                ContainsSubstring("SignatureAlgorithms") && ContainsSubstring("--force"));
    const auto kept = machine.trustx({"anchor", "write", "E0E8", "rsa.pem", "--force"});
    INFO(kept.both());
    CHECK(kept.ok());
    CHECK_THAT(kept.err, ContainsSubstring("warning") && ContainsSubstring("RSA"));
    CHECK(machine.trustx({"anchor", "read", "E0E8"}).out == read_file(machine.chip->path("rsa.pem")));
    const auto without_effect = machine.trustx({"anchor", "write", "E0E8", "rsa.pem", "--force", "--verify-anchors"});
    CHECK(without_effect.status == 5);
    CHECK_THAT(without_effect.err, ContainsSubstring("--force without --verify-anchors"));
    CHECK_THAT(machine.trustx({"anchor", "write", "E0EF", "rsa.pem", "--verify-anchors"}).err,
               ContainsSubstring("--force without --verify-anchors") && !ContainsSubstring("; --force writes"));
    CHECK_THAT(machine.text(), !ContainsSubstring("verify-anchors"));
    CHECK_THAT(machine.trustx({"setup", "check"}).out,
               ContainsSubstring("trust anchor E0E8") && ContainsSubstring("software"));
}

TEST_CASE("check compares the setting with what the trust anchors hold", "[anchor][setup]") {
    const Machine machine;
    machine.enable();
    machine.must({"anchor", "write", "E0E8", "root.pem", "--verify-anchors"});
    const auto verdict = [&] {
        const auto report = nlohmann::json::parse(machine.trustx({"setup", "check", "--json"}).out);
        for (const auto& finding : report.at("findings")) {
            if (finding.at("subject") == "verify-anchors E0E8") {
                return finding.at("verdict").get<std::string>();
            }
        }
        return std::string{"nothing"};
    };
    CHECK(verdict() == "ok");
    machine.must({"anchor", "write", "E0E8", "other.pem", "--force"});
    CHECK(verdict() == "failed");
    CHECK_THAT(machine.trustx({"setup", "check"}).out,
               ContainsSubstring("`trustx anchor write E0E8 FILE --verify-anchors --force`"));
    machine.must({"anchor", "write", "E0E8", "root.pem", "--verify-anchors", "--force"});
    CHECK(verdict() == "ok");
    machine.must({"anchor", "write", "E0E8", "rsa.pem", "--force"});
    CHECK(verdict() == "failed");
    write_file(machine.chip->path("nothing"), std::string(16, '\0'));
    machine.must({"object", "write", "E0E8", "nothing", "--force"});
    CHECK(verdict() == "failed");
    machine.must({"anchor", "write", "E0E8", "root.pem"});
    CHECK(verdict() == "ok");
}
