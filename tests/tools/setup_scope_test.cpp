// SPDX-License-Identifier: Apache-2.0
// trustx setup enable --scope: configurations with which libssl comes to the provider for more of TLS, in files that
// have settings of TLS already. The openssl tool and the commands that the chip counts are the judges.
#include "chip_fixture.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <regex>

using namespace trustx::test;
namespace fs = std::filesystem;

namespace {

// As Debian and OpenSSL itself have them, shortened.
const std::string with_tls_settings = R"(openssl_conf = openssl_init
[openssl_init]
ssl_conf = ssl_sect
[ssl_sect]
system_default = system_default_sect
[system_default_sect]
MinProtocol = TLSv1.2
CipherString = DEFAULT:@SECLEVEL=2
[ca]
x = 1
)";
const std::string with_default_listed =
    "openssl_conf = openssl_init\n[openssl_init]\nproviders = provider_sect\n[provider_sect]\ndefault = "
    "default_sect\n[default_sect]\n# activate = 1\n";

std::string activated(const std::string& more = "", const std::string& further = "") {
    return "openssl_conf = i\n[i]\nproviders = p\n" + further +
           "[p]\ndefault = d\ntrustx = t\n[d]\nactivate = 1\n[t]\n" +
           "activate = 1\nmodule = " + (module_directory() / "trustx.so").string() + "\n" + more;
}

const std::map<std::string, std::string> configurations{
    {"with settings of TLS", with_tls_settings},
    {"with default in the list", with_default_listed},
    {"empty", ""},
    {"CR LF", "openssl_conf = init\r\n[init]\r\noid_section = oids\r\n[oids]\r\n"},
    {"no end of the last line", "openssl_conf = init\n[init]\n[other]\nx = 1"},
    {"activated by hand", activated()},
    {"with properties", "openssl_conf = i\n[i]\nalg_section = a\n[a]\ndefault_properties = ?fips=yes\n[b]\n"},
    {"with groups that fit",
     "openssl_conf = i\n[i]\nssl_conf = s\n[s]\nsystem_default = t\n[t]\nGroups = P-384:P-256:P-521\n"},
    {"with applications", "openssl_conf = i\n[i]\nssl_conf = s\n[s]\nserver = t\n[t]\nOptions = Bugs\n"},
};

// Machine has a chip, and a server and a client of TLS that are the openssl tool.
struct Machine {
    Chip chip;
    std::string config;

    explicit Machine(const std::string& text) : config{chip.write("openssl.cnf", text)} {}

    [[nodiscard]] std::string text() const { return read_file(config); }
    [[nodiscard]] Outcome setup(const Arguments& arguments) const {
        Arguments all{"setup"};
        all.insert(all.end(), arguments.begin(), arguments.end());
        all.insert(all.end(), {"--config", config});
        if (arguments.front() == "enable") {
            all.insert(all.end(), {"--module", module_directory() / "trustx.so"});
        }
        auto outcome = chip.trustx(all);
        UNSCOPED_INFO(outcome.both() << text());
        return outcome;
    }
    void enable(const std::string& scope) const {
        REQUIRE(setup(scope.empty() ? Arguments{"enable"} : Arguments{"enable", "--scope", scope}).status == 0);
    }
    void refuses(const std::string& scope, const std::vector<std::string>& words) const {
        const auto before = text();
        const auto outcome = setup({"enable", "--scope", scope});
        CHECK(outcome.status == 1);
        for (const auto& word : words) {
            CHECK_THAT(outcome.err, ContainsSubstring(word));
        }
        CHECK(text() == before);
    }
    [[nodiscard]] ProcessOptions tool(const std::string& configuration) const {
        ProcessOptions options{.environment = foreign_program_environment(), .directory = chip.files.path()};
        options.environment["OPENSSL_CONF"] = configuration;
        options.environment["TRUSTX_DEVICE"] = chip.simulator.address();
        options.environment["TRUSTX_LOCK_DIRECTORY"] = chip.files.path();
        options.environment["TRUSTX_CONF"] = "/dev/null";
        return options;
    }
    [[nodiscard]] std::string ciphers() const {
        const auto outcome = run("openssl", {"ciphers", "-s", "-tls1_2"}, tool(config));
        REQUIRE(outcome.ok());
        return outcome.out;
    }

    // Commands are the numbers of GenKeyPair, CalcSSec and DeriveKey.
    using Commands = std::vector<int>;
    // handshake is one of this version between programs with these configurations.
    [[nodiscard]] Commands handshake(const std::string& version, const std::string& client,
                                     const std::string& server = "/dev/null") const {
        if (!fs::exists(chip.path("server.key"))) {
            const auto made = run("openssl",
                                  {"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc",
                                   "-keyout", "server.key", "-subj", "/CN=localhost", "-out", "server.pem"},
                                  tool("/dev/null"));
            INFO(made.both());
            REQUIRE(made.ok());
        }
        Process listening{"openssl",
                          {"s_server", "-accept", "127.0.0.1:0", "-naccept", "1", "-rev", "-cert", "server.pem", "-key",
                           "server.key", version},
                          tool(server)};
        const auto line = listening.wait_for_line("ACCEPT");
        chip.simulator.reset_stats();
        auto options = tool(client);
        options.input = "";
        const auto connected = run("openssl",
                                   {"s_client", "-connect", "127.0.0.1" + line.substr(line.rfind(':')), "-CAfile",
                                    "server.pem", "-verify_return_error", version},
                                   options);
        INFO(connected.both());
        CHECK(connected.ok());
        static_cast<void>(listening.wait());
        const auto commands = chip.simulator.stats().at("commands");
        return {commands.value("GenKeyPair", 0), commands.value("CalcSSec", 0), commands.value("DeriveKey", 0)};
    }
};

// followed is a configuration with the lines that the remedies of check name, in the sections that they name.
std::string followed(std::string text, const std::string& report) {
    static const std::regex line{"`([^`]+ = [^`]+)` into (?:section )?\\[([^\\]]+)\\]"};
    for (std::sregex_iterator it{report.begin(), report.end(), line}; it != std::sregex_iterator{}; ++it) {
        text += "[" + (*it)[2].str() + "]\n" + (*it)[1].str() + "\n";
    }
    return text;
}

// scoped is a configuration by hand with this level, these lines of TLS and these default properties.
std::string scoped(const std::string& tls, const std::string& properties = "?provider=trustx") {
    return "openssl_conf = i\n[i]\nproviders = p\nalg_section = a\nssl_conf = s\n[s]\nsystem_default = t\n[t]\n" + tls +
           "[a]\n" + (properties.empty() ? "" : "default_properties = " + properties + "\n") +
           "[p]\na-trustx = x\ndefault = d\n[d]\nactivate = 1\n[x]\nactivate = 1\nscope = key-schedule\nmodule = " +
           (module_directory() / "trustx.so").string() + "\n";
}

const std::string good_groups = "Groups = P-256:P-384:P-521\n";
const std::string good_ciphers = "CipherString = ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ALL\n";
const std::string good_tls = good_groups + good_ciphers;

std::string without(std::string text, const std::string& line) {
    REQUIRE(text.find(line) != std::string::npos);
    return text.erase(text.find(line), line.size());
}

}  // namespace

TEST_CASE("each scope replaces the other, check finds it in order, and nothing of it is left", "[setup][scope]") {
    for (const auto& [name, text] : configurations) {
        DYNAMIC_SECTION(name) {
            const Machine machine{text};
            machine.enable("");
            const auto plain = machine.text();
            machine.enable("ephemeral");
            const auto ephemeral = machine.text();
            CHECK(ephemeral.starts_with(text));
            CHECK(ephemeral != plain);
            const auto found = machine.setup({"check"});
            CHECK(found.status == 0);
            CHECK_THAT(found.out, ContainsSubstring("ephemeral: libssl takes the groups") &&
                                      ContainsSubstring("ok      groups") && !ContainsSubstring("ok      ciphers"));
            machine.enable("key-schedule");
            CHECK(machine.text() != ephemeral);
            const auto more = machine.setup({"check"});
            CHECK(more.status == 0);
            CHECK_THAT(more.out, ContainsSubstring("key-schedule: libssl takes the groups") &&
                                     ContainsSubstring("ok      properties") && ContainsSubstring("ok      ciphers") &&
                                     ContainsSubstring("MaxProtocol"));
            CHECK(machine.ciphers().starts_with("ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"));
            machine.enable("ephemeral");
            CHECK(machine.text() == ephemeral);
            machine.enable("");  // stays as it is
            CHECK(machine.text() == ephemeral);
            machine.enable("signature");
            CHECK(machine.text() == plain);
            machine.enable("key-schedule");
            CHECK(machine.setup({"disable"}).status == 0);
            CHECK(machine.text() == text);
        }
    }
}

TEST_CASE("with a scope that enable wrote the chip does as much of TLS in unmodified programs", "[setup][scope]") {
    using Commands = Machine::Commands;
    for (const auto& [name, text] : configurations) {
        DYNAMIC_SECTION(name) {
            const Machine machine{text};
            machine.enable("ephemeral");
            CHECK(machine.handshake("-tls1_3", machine.config) == Commands{1, 1, 0});
            CHECK(machine.handshake("-tls1_3", machine.config, machine.config) == Commands{2, 2, 0});
            CHECK(machine.handshake("-tls1_2", "/dev/null", machine.config) == Commands{1, 1, 0});
            machine.enable("key-schedule");
            CHECK(machine.handshake("-tls1_2", machine.config) == Commands{1, 1, 4});
            CHECK(machine.handshake("-tls1_2", machine.config, machine.config) == Commands{2, 2, 8});
            CHECK(machine.handshake("-tls1_3", machine.config) == Commands{1, 1, 0});
            machine.enable("signature");
            CHECK(machine.handshake("-tls1_3", machine.config) == Commands{0, 0, 0});
        }
    }
}

TEST_CASE("the configuration that a service gets for a scope has the chip do as much of TLS", "[setup][scope]") {
    const Machine machine{read_file(module_directory().parent_path() / "conf" / "openssl-trustx.cnf")};
    const auto root = machine.chip.path("root");
    const auto in_root = [&root](const std::string& path, const std::string& text) {
        fs::create_directories(fs::path{root + path}.parent_path());
        write_file(root + path, text);
    };
    in_root("/etc/group", "trustx:x:990:\n");
    in_root("/usr/lib/systemd/system/gateway.service", "[Service]\nExecStart=/usr/bin/gateway\n");
    in_root(machine.config, machine.text());
    machine.chip.must({"setup", "enable", "--service", "gateway", "--root", root, "--config", machine.config, "--scope",
                       "ephemeral"});
    const auto own = root + "/etc/trustx/services/gateway.cnf";
    CHECK(machine.handshake("-tls1_3", own) == Machine::Commands{1, 1, 0});
    CHECK(machine.handshake("-tls1_2", "/dev/null", own) == Machine::Commands{1, 1, 0});
    const auto found = machine.chip.trustx({"setup", "check", "--config", own});
    INFO(found.both());
    CHECK(found.ok());
    machine.chip.must({"setup", "enable", "--service", "gateway", "--root", root, "--config", machine.config, "--scope",
                       "key-schedule"});
    CHECK(machine.handshake("-tls1_2", own) == Machine::Commands{1, 1, 4});
}

TEST_CASE("settings of TLS that were there count on", "[setup][scope]") {
    const Machine machine{with_tls_settings};
    const auto all = [](std::string list) {
        std::vector<std::string> names;
        list.erase(list.find_last_not_of('\n') + 1);
        for (std::size_t at = 0; at != std::string::npos;) {
            const auto end = list.find(':', at);
            names.push_back(list.substr(at, end - at));
            at = end == std::string::npos ? end : end + 1;
        }
        std::ranges::sort(names);
        return names;
    };
    const auto before = all(machine.ciphers());
    machine.enable("key-schedule");
    CHECK(all(machine.ciphers()) == before);
    CHECK_THAT(machine.text(), ContainsSubstring(":!eNULL:@SECLEVEL=2\n"));
}

TEST_CASE("a scope is refused where the configuration decides otherwise, and the line is named", "[setup][scope]") {
    const auto with_tls = [](const std::string& line) {
        return "openssl_conf = i\n[i]\nssl_conf = s\n[s]\nsystem_default = t\n[t]\n" + line + "\n";
    };
    Machine{with_tls("Groups = X25519:P-256")}.refuses("ephemeral",
                                                       {"section [t]", "X25519:P-256", "Groups = P-256:P-384:P-521"});
    Machine{with_tls("Curves = P-256")}.refuses("ephemeral", {"section [t]", "Groups = P-256:P-384:P-521"});
    Machine{with_tls("CipherString = HIGH:!AES128")}.refuses("key-schedule", {"section [t]", "HIGH:!AES128"});
    const Machine others{"openssl_conf = i\n[i]\nalg_section = a\n[a]\ndefault_properties = ?provider=tpm2\n"};
    others.refuses("key-schedule", {"?provider=tpm2", "?provider=trustx"});
    Machine{activated("scope = ephemeral\n")}.refuses("key-schedule", {"section [t]", "`scope`"});
    Machine{activated("scope = ephemeral\n")}.refuses("signature", {"[t]", "scope = signature"});
    CHECK(others.setup({"enable", "--scope", "everything"}).status == 2);
}

TEST_CASE("a block that was edited by hand stays while it has the scope, and gives its edits back", "[setup][scope]") {
    const Machine machine{with_tls_settings};
    machine.enable("ephemeral");
    auto edited = machine.text();
    edited.insert(edited.find("scope = ephemeral\n"), "session-timeout-ms = 500\n");
    write_file(machine.config, edited);
    machine.enable("ephemeral");
    machine.enable("");
    CHECK(machine.text() == edited);
    machine.enable("key-schedule");
    CHECK_THAT(machine.text(), ContainsSubstring("scope = key-schedule\n") && !ContainsSubstring("scope = ephemeral") &&
                                   ContainsSubstring("\nsession-timeout-ms = 500\n") && !ContainsSubstring("# added"));
    machine.enable("signature");
    CHECK_THAT(machine.text(), ContainsSubstring("\nsession-timeout-ms = 500\n") && !ContainsSubstring("# added"));
    machine.enable("key-schedule");
    CHECK(machine.setup({"disable"}).status == 0);
    CHECK(machine.text() ==
          with_tls_settings + "# added by hand to the block of `trustx setup`: session-timeout-ms = 500\n");
}

TEST_CASE("a trust anchor that the chip verifies with is written into the configuration of a service, and stays",
          "[setup][scope]") {
    const Machine machine{activated()};
    const auto root = machine.chip.path("root");
    for (const auto& [path, text] :
         std::map<std::string, std::string>{{"/etc/group", "trustx:x:990:\n"},
                                            {"/usr/lib/systemd/system/gateway.service", "[Service]\nExecStart=/x\n"},
                                            {machine.config, machine.text()}}) {
        fs::create_directories(fs::path{root + path}.parent_path());
        write_file(root + path, text);
    }
    const auto enable = [&](const std::string& scope) {
        machine.chip.must(
            {"setup", "enable", "--service", "gateway", "--root", root, "--config", machine.config, "--scope", scope});
    };
    enable("ephemeral");
    const auto own = root + "/etc/trustx/services/gateway.cnf";
    const auto made =
        run("openssl",
            {"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-keyout", "root.key",
             "-subj", "/CN=root", "-addext", "basicConstraints=critical,CA:TRUE", "-out", "root.pem"},
            machine.tool("/dev/null"));
    REQUIRE(made.ok());
    machine.chip.must({"anchor", "write", "E0E8", machine.chip.path("root.pem"), "--verify-anchors", "--config", own});
    const auto text = read_file(own);
    const auto at = text.find("\nverify-anchors = E0E8=");
    REQUIRE(at != std::string::npos);
    const auto setting = text.substr(at, text.find('\n', at + 1) + 1 - at);
    CHECK_THAT(text, ContainsSubstring("[t]\n") && ContainsSubstring("\nscope = ephemeral\n"));
    // It is no configuration of the machine, which would lose what it includes.
    const auto module = (module_directory() / "trustx.so").string();
    for (const auto& arguments :
         {Arguments{"setup", "enable", "--config", own, "--module", module, "--scope", "key-schedule"},
          Arguments{"setup", "enable", "--config", own, "--module", module},
          Arguments{"setup", "disable", "--config", own}}) {
        const auto refused = machine.chip.trustx(arguments);
        CHECK(refused.status == 1);
        CHECK_THAT(refused.err, ContainsSubstring("--service gateway"));
        CHECK(read_file(own) == text);
    }
    for (const std::string scope : {"key-schedule", "signature", "ephemeral"}) {
        enable(scope);
        CHECK_THAT(read_file(own), ContainsSubstring(setting));
        const auto found = machine.chip.trustx({"setup", "check", "--config", own});
        CHECK_THAT(found.out, ContainsSubstring("ok      verify-anchors E0E8"));
    }
    machine.chip.must({"setup", "disable", "--service", "gateway", "--root", root});
    CHECK_FALSE(fs::exists(own));
    // The same beside a section that a person wrote for every program.
    const auto before = machine.text();
    machine.enable("ephemeral");
    machine.chip.must(
        {"anchor", "write", "E0E8", machine.chip.path("root.pem"), "--verify-anchors", "--config", machine.config});
    for (const std::string scope : {"key-schedule", "signature", "ephemeral"}) {
        machine.enable(scope);
        CHECK_THAT(machine.text(), ContainsSubstring(setting));
        const auto found = machine.setup({"check"});
        CHECK(found.ok());
        CHECK_THAT(found.out, ContainsSubstring("ok      verify-anchors E0E8"));
    }
    CHECK(machine.setup({"disable"}).ok());
    CHECK(machine.text() == before);
}

TEST_CASE("a scope in a directory that is included changes there", "[setup][scope]") {
    const Machine machine{""};
    const auto directory = fs::path{machine.chip.path("openssl.d")};
    fs::create_directory(directory);
    write_file(directory / "other.cnf", "[ssl_more]\nx = 1\n");
    const auto text = with_tls_settings + ".include " + directory.string() + "\ny = 2\n";
    write_file(machine.config, text);
    machine.enable("");
    const auto plain = read_file(directory / "trustx.cnf");
    machine.enable("ephemeral");
    CHECK(machine.text() == text);
    CHECK(machine.handshake("-tls1_3", machine.config) == Machine::Commands{1, 1, 0});
    machine.enable("key-schedule");
    CHECK(machine.setup({"check"}).status == 0);
    machine.enable("");
    CHECK_THAT(read_file(directory / "trustx.cnf"), ContainsSubstring("scope = key-schedule\n"));
    machine.enable("signature");
    CHECK(read_file(directory / "trustx.cnf") == plain);
    CHECK(machine.setup({"disable"}).status == 0);
    CHECK((machine.text() == text && !fs::exists(directory / "trustx.cnf")));
}

TEST_CASE("with a scope and without the module nothing else of OpenSSL stops working", "[setup][scope]") {
    const Machine machine{with_tls_settings};
    const TempDir elsewhere;
    const auto module = (elsewhere / "trustx.so").string();
    fs::copy_file(module_directory() / "trustx.so", module);
    CHECK(machine.chip
              .trustx({"setup", "enable", "--config", machine.config, "--module", module, "--scope", "key-schedule"})
              .ok());
    fs::remove(module);
    for (const std::string version : {"-tls1_2", "-tls1_3"}) {
        CHECK(machine.handshake(version, machine.config) == Machine::Commands{0, 0, 0});
    }
}

TEST_CASE("check names what keeps a scope from its level", "[setup][scope]") {
    const Machine machine{with_tls_settings};
    machine.enable("key-schedule");
    auto good = machine.text();
    const auto without = [&](const std::string& line, const std::string& instead,
                             const std::vector<std::string>& words) {
        auto text = good;
        const auto at = text.find(line);
        REQUIRE(at != std::string::npos);
        write_file(machine.config, text.replace(at, line.size(), instead));
        const auto outcome = machine.setup({"check"});
        CHECK(outcome.status == 5);
        for (const auto& word : words) {
            CHECK_THAT(outcome.out, ContainsSubstring(word));
        }
    };
    without("default_properties = ?provider=trustx\n", "",
            {"FAILED  properties", "`default_properties = ?provider=trustx`"});
    without("Groups = P-256:P-384:P-521\n", "", {"FAILED  groups", "[system_default_sect]"});
    without("CipherString = ECDHE", "Ciphers = ECDHE", {"FAILED  ciphers", "ECDHE-RSA-AES128-GCM-SHA256:ALL"});
    write_file(machine.config, good);
    machine.enable("ephemeral");
    good = machine.text();
    without("a-trustx = ", "z-trustx = ", {"FAILED  scope", "sorts behind default"});
    without("[trustx_setup_default]\n",
            "[trustx_setup_providers]\na-trustx = trustx_setup_module\n[trustx_setup_default]\n",
            {"FAILED  scope", "is behind that of default"});
    CHECK(machine.handshake("-tls1_3", machine.config) == Machine::Commands{0, 0, 0});
}

TEST_CASE("a configuration that follows the advice of check has its scope", "[setup][scope]") {
    const std::map<std::string, std::string> faulty{
        {"nothing of TLS", scoped("")},
        {"?provider=default", scoped(good_tls, "?provider=default")},
        {"provider=trustx", scoped(good_tls, "provider=trustx")},
        {"?provider=a-trustx", scoped(good_tls, "?fips=yes, ?provider=a-trustx")},
        {"two of them", scoped(good_tls, "?provider=trustx,?provider=default")},
        {"fips=yes", scoped(good_tls, "fips=yes")},
        {"fips=yes besides", scoped(good_tls, "fips=yes,?provider=trustx")},
        {"no alg_section", without(scoped(good_tls, ""), "alg_section = a\n")},
        {"no ssl_conf", without(scoped(good_tls), "ssl_conf = s\n") + "[ssl_sect]\nx = y\n"},
        {"no system_default", without(scoped(good_tls), "system_default = t\n")},
        {"@STRENGTH at the end", scoped(good_groups + "CipherString = HIGH:ALL:@STRENGTH\n")},
        {"@STRENGTH at the beginning", scoped(good_groups + "CipherString = @STRENGTH HIGH\n")},
        {"excluded", scoped(good_groups + "CipherString = HIGH:!AES128\n")},
        {"TLS 1.3 alone", scoped(good_tls + "MinProtocol = TLSv1.3\n")},
        {"groups of finite fields", scoped(good_ciphers + "Groups = P-256:P-384:ffdhe2048\n")},
    };
    for (const auto& [name, text] : faulty) {
        DYNAMIC_SECTION(name) {
            const Machine machine{text};
            const auto fault = machine.setup({"check"});
            CHECK(fault.status == 5);
            write_file(machine.config, followed(text, fault.out));
            const auto found = machine.setup({"check"});
            CHECK(found.status == 0);
            CHECK_THAT(found.out, !ContainsSubstring("FAILED"));
            CHECK(machine.handshake("-tls1_2", machine.config) == Machine::Commands{1, 1, 4});
        }
    }
}

TEST_CASE("check gives one advice about a provider of another name without a module, and enable adds no second one",
          "[setup][scope]") {
    const Machine machine{without(scoped(good_tls), "module = " + (module_directory() / "trustx.so").string() + "\n")};
    const auto found = machine.setup({"check"});
    CHECK(found.status == 5);
    CHECK_THAT(found.out, ContainsSubstring("remedy: write `module = trustx.so` into [x]\n") &&
                              !ContainsSubstring("trustx setup enable"));
    machine.refuses("key-schedule", {"section [x]", "`module = trustx.so`"});
}

TEST_CASE("enable refuses what keeps a scope from its level, and names the line to write", "[setup][scope]") {
    const auto with = [](const std::string& tls, const std::string& properties) {
        return without(scoped(tls, properties), "scope = key-schedule\n");
    };
    for (const auto& text : {with(good_tls, "fips=yes"), with(good_tls, "fips=yes,?provider=trustx")}) {
        Machine{text}.refuses("key-schedule", {"demand fips=yes", "remove that property"});
        Machine{text}.refuses("ephemeral", {"demand fips=yes", "remove that property"});
    }
    Machine{with(good_tls, "?provider=default,?x=y")}.refuses("key-schedule",
                                                              {"`default_properties = ?x=y,?provider=trustx`"});
    Machine{with(good_groups + "CipherString = ALL:@STRENGTH\n", "")}.refuses(
        "key-schedule", {"with @STRENGTH", "ECDHE-RSA-AES128-GCM-SHA256:ALL`"});
    Machine{with(good_tls + "MinProtocol = TLSv1.3\n", "")}.refuses("key-schedule",
                                                                    {"section [t]", "MinProtocol = TLSv1.3"});
    Machine{scoped(good_tls + "MinProtocol = TLSv1.3\n")}.refuses("key-schedule", {"MinProtocol = TLSv1.3"});
    Machine{with(good_ciphers + "Groups = P-256:ffdhe3072\n", "")}.refuses("ephemeral", {"no curve but those"});
}

TEST_CASE("enable and check say that TLS of every program needs the chip, and the ways out", "[setup][scope]") {
    const Machine machine{with_tls_settings};
    const std::vector<std::string> words{"every program", "outside of the group trustx", "--service NAME",
                                         "`ephemeral-fallback = software` in section [trustx_setup_module]"};
    const auto says = [&](const std::string& text) {
        return std::ranges::all_of(words, [&](const auto& word) { return text.find(word) != std::string::npos; });
    };
    CHECK_FALSE(says(machine.setup({"enable"}).err));
    CHECK_FALSE(says(machine.setup({"check"}).out));
    for (const std::string scope : {"ephemeral", "key-schedule"}) {
        CHECK(says(machine.setup({"enable", "--scope", scope}).err));
        CHECK(says(machine.setup({"check"}).out));
        CHECK_FALSE(says(machine.setup({"enable", "--scope", scope}).err));  // nothing changed
    }
    auto text = machine.text();
    text.insert(text.find("scope = key-schedule\n"), "ephemeral-fallback = software\n");
    write_file(machine.config, text);
    CHECK_THAT(machine.setup({"check"}).out, !ContainsSubstring("every program"));
    CHECK_THAT(machine.setup({"enable", "--scope", "ephemeral"}).err, !ContainsSubstring("every program"));
    CHECK_THAT(machine.text(), ContainsSubstring("\nephemeral-fallback = software\n"));
    CHECK_THAT(machine.setup({"enable", "--scope", "signature"}).err, !ContainsSubstring("every program"));
}

TEST_CASE("check says what no configuration decides of key-schedule", "[setup][scope]") {
    const auto report = [](const std::string& text) { return Machine{text}.setup({"check"}).out; };
    const auto all = report(scoped(good_tls));
    CHECK_THAT(all, ContainsSubstring("note    suites") && ContainsSubstring("4 DeriveKey") &&
                        ContainsSubstring("note    sessions") &&
                        ContainsSubstring("`Options = -SessionTicket` into section [t]"));
    CHECK_THAT(report(scoped(good_tls + "Options = -SessionTicket\n")),
               ContainsSubstring("note    sessions") && !ContainsSubstring("Options = "));
    const auto key_schedule = scoped(good_tls);
    const auto ephemeral = report(without(key_schedule, "scope = key-schedule\n") + "scope = ephemeral\n");
    CHECK_THAT(ephemeral, !ContainsSubstring("note    suites") && !ContainsSubstring("note    sessions"));
}
