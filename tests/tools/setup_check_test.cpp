// SPDX-License-Identifier: Apache-2.0
// trustx setup check: every step from the configuration to a signature, each fault with its remedy.
#include "chip_fixture.hpp"
#include "support/catch.hpp"

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
    check_fault(demanding.check({}, demanding.chip.write("fips.cnf",
                                                         "openssl_conf = i\n[i]\nalg_section = "
                                                         "a\nproviders = p\n[a]\ndefault_properties = "
                                                         "fips=yes\n[p]\ntrustx = t\ndefault = "
                                                         "d\n[t]\nactivate = 1\nmodule = " +
                                                             (module_directory() / "trustx.so").string() +
                                                             "\n[d]\nactivate = 1\n")),
                5, {"fips=yes", "question mark"});
}

TEST_CASE("check names a setting that OpenSSL passes to no provider", "[setup]") {
    const Machine machine{"lock_directory = /tmp\n"};
    check_fault(machine.check(), 2,
                {"section [t] of the OpenSSL configuration: unknown setting `lock_directory`", "lock-directory",
                 "correct the setting"});
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
    check_fault(outcome, 3, {"chip", "the group trustx"});
    CHECK_THAT(outcome.out, ContainsSubstring("loads"));
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
    check_fault(machine.check({"--key", "key.pem"}), 3, {"signature", "E0F1"});
}
