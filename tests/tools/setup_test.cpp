// SPDX-License-Identifier: Apache-2.0
// trustx setup enable and disable on configurations of every kind: what was there comes back byte for byte, and what
// cannot be decided is left alone. The openssl tool is the judge of what a configuration does.
#include "support/build_tree.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"
#include "trustx_program.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <thread>

#include <sys/stat.h>
#include <unistd.h>

using namespace trustx::test;
namespace fs = std::filesystem;

namespace {

// As Debian 12 and OpenSSL itself ship it, shortened.
const std::string debian = R"(# a comment
HOME			= .
openssl_conf = openssl_init
config_diagnostics = 1
[openssl_init]
# providers = provider_sect
[ ca ]
default_ca	= CA_default
[ req ]
distinguished_name = dn
[ dn ]
[ tsa_config1 ]
dir		= ./demoCA
)";
const std::string upstream = R"(openssl_conf = openssl_init
[openssl_init]
providers = provider_sect
[provider_sect]
default = default_sect
[default_sect]
# activate = 1
)";

const std::map<std::string, std::string> good_configurations{
    {"Debian's", debian},
    {"OpenSSL's own", upstream},
    {"empty", ""},
    {"comments only", "# nothing here\n"},
    {"no openssl_conf", "[ca]\ndefault_ca = x\n"},
    {"openssl_conf of a section that is not there", "openssl_conf = nowhere\n"},
    {"CR LF", "openssl_conf = init\r\n[init]\r\noid_section = oids\r\n[oids]\r\n"},
    {"no end of the last line", "openssl_conf = init\n[init]\n[other]\nx = 1"},
    {"CR LF and no end of the last line", "openssl_conf = init\r\n[init]"},
    {"providers section of another's",
     "openssl_conf = init\n[init]\nproviders = some\n[some]\nlegacy = l\ndefault = "
     "d\n[l]\nactivate = 1\n[d]\nactivate = yes\n[x]\n"},
    {"sections in pieces", "[some]\ndefault = d\n[default]\nopenssl_conf = init\n[init]\nproviders = some\n[d]\n"},
    {"names with dots", "openssl_conf = init\n[init]\nproviders.1 = some\n[some]\n2.default = d\n[d]\nactivate = 1\n"},
    {"a variable and a quoted value", "dir = /tmp\nx = \"$dir/a # b\"\nopenssl_conf = init\n[init]\n"},
    {"a continued line", "openssl_conf = \\\ninit\n[init]\n"},
    {"a section named default", "[default]\nopenssl_conf = init\n[init]\n[default]\ny = 1\n"},
    {"a byte order mark",
     "\xef\xbb\xbf"
     "openssl_conf = init\n[init]\n"},
};

struct Configuration {
    TempDir directory;
    fs::path file = directory / "openssl.cnf";

    explicit Configuration(const std::string& text) { write_file(file, text); }

    [[nodiscard]] std::string text() const { return read_file(file); }
    [[nodiscard]] Outcome setup(const std::string& what, std::vector<std::string> more = {}) const {
        std::vector<std::string> arguments{"setup", what, "--config", file};
        if (what == "enable" && more.empty()) {
            more = {"--module", module_directory() / "trustx.so"};
        }
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run_trustx(arguments);
    }
    void must(const std::string& what) const {
        const auto outcome = setup(what);
        INFO("setup " << what << "\n" << outcome.both() << "\n" << text());
        REQUIRE(outcome.status == 0);
        CHECK(outcome.out.empty());
    }
    // refuses expects this exit code, the words, one line, and a file that was not touched.
    void refuses(const std::string& what, int status, const std::vector<std::string>& words,
                 const std::vector<std::string>& more = {}) const {
        const auto before = text();
        const auto outcome = setup(what, more);
        INFO("setup " << what << "\n" << outcome.both());
        CHECK(outcome.status == status);
        for (const auto& word : words) {
            CHECK_THAT(outcome.err, ContainsSubstring(word));
        }
        CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
        CHECK(text() == before);
        CHECK(files() == std::size_t{1});
    }
    [[nodiscard]] std::size_t files() const {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator(directory.path()), fs::directory_iterator{}));
    }
    // openssl runs the tool with this configuration.
    [[nodiscard]] Outcome openssl(const std::vector<std::string>& arguments) const {
        ProcessOptions options{.environment = foreign_program_environment()};
        options.environment["OPENSSL_CONF"] = file;
        return run("openssl", arguments, options);
    }
    // check_works expects trustx and default at work, which a digest shows.
    void check_works() const {
        const auto list = openssl({"list", "-providers"});
        INFO(text() << list.both());
        CHECK(list.ok());
        CHECK_THAT(list.out, ContainsSubstring("trustx") && ContainsSubstring("default"));
        CHECK(openssl({"dgst", "-sha256", file}).ok());
    }
};

mode_t mode_of(const fs::path& path) {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_mode & 07777;
}

// in_shell runs the program below a shell, which can set limits and drop what root may do.
Outcome in_shell(const std::string& script, const Configuration& configuration) {
    return run("sh", {"-c", script},
               {.environment = {{"TRUSTX", program("trustx")},
                                {"CONFIG", configuration.file},
                                {"DIRECTORY", configuration.directory.path()},
                                {"MODULE", module_directory() / "trustx.so"}}});
}

}  // namespace

TEST_CASE("enable makes OpenSSL load trustx and default, and disable gives back every byte", "[setup]") {
    for (const auto& [name, text] : good_configurations) {
        DYNAMIC_SECTION(name) {
            const Configuration configuration{text};
            configuration.must("enable");
            configuration.check_works();
            const auto enabled = configuration.text();
            CHECK(enabled.starts_with(text));  // nothing but appended
            configuration.must("enable");
            CHECK(configuration.text() == enabled);
            configuration.must("disable");
            CHECK(configuration.text() == text);
            configuration.must("disable");
            CHECK(configuration.text() == text);
            CHECK(configuration.files() == 1);
        }
    }
}

TEST_CASE("enable uses the line ends of the file", "[setup]") {
    const Configuration configuration{good_configurations.at("CR LF")};
    configuration.must("enable");
    const auto text = configuration.text();
    std::size_t bare = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        bare += text[i] == '\n' && (i == 0 || text[i - 1] != '\r') ? 1U : 0U;
    }
    CHECK(bare == 0);
}

TEST_CASE("the machine's own configuration is enabled and restored", "[setup]") {
    const fs::path system = "/etc/ssl/openssl.cnf";
    const Configuration configuration{fs::exists(system) ? read_file(system) : debian};
    const auto before = configuration.text();
    configuration.must("enable");
    configuration.check_works();
    configuration.must("disable");
    CHECK(configuration.text() == before);
}

TEST_CASE("lines that others append after enable stay where they belong, and stay after disable", "[setup]") {
    const Configuration configuration{debian};
    configuration.must("enable");
    write_file(configuration.file, configuration.text() + "serial = $dir/tsaserial\n");
    configuration.check_works();
    configuration.must("enable");
    configuration.must("disable");
    CHECK(configuration.text() == debian + "serial = $dir/tsaserial\n");

    const Configuration open_line{"openssl_conf = init\n[init]\n[other]\nx = 1"};
    open_line.must("enable");
    write_file(open_line.file, open_line.text() + "y = 2\n");
    open_line.must("disable");
    CHECK(open_line.text() == "openssl_conf = init\n[init]\n[other]\nx = 1\ny = 2\n");
}

TEST_CASE("what is added by hand to the block survives enable and disable", "[setup]") {
    const Configuration configuration{debian};
    configuration.must("enable");
    const auto enabled = configuration.text();
    const auto with = [&enabled](const std::string& behind, const std::string& line) {
        const auto at = enabled.find(behind);
        REQUIRE(at != std::string::npos);
        return enabled.substr(0, at + behind.size()) + line + enabled.substr(at + behind.size());
    };
    // In the provider's section the line counts while it is enabled, and is a comment afterwards.
    const auto edited = with("[trustx_setup_module]\nactivate = 1\n", "device = unix:/run/chip.sock\n");
    write_file(configuration.file, edited);
    configuration.must("enable");
    CHECK(configuration.text() == edited);
    configuration.must("disable");
    const auto kept = configuration.text();
    CHECK(kept.starts_with(debian + "# "));
    CHECK(kept.ends_with(": device = unix:/run/chip.sock\n"));
    CHECK(std::count(kept.begin(), kept.end(), '\n') == std::count(debian.begin(), debian.end(), '\n') + 1);
    // In the section that the block opens again the line means what it meant.
    write_file(configuration.file, with("\n[tsa_config1]\n", "serial = $dir/serial\n"));
    configuration.must("disable");
    CHECK(configuration.text() == debian + "serial = $dir/serial\n");
    // Where the edit spoils the block, enable makes it again, and keeps the edit.
    auto spoilt = edited;
    const std::string needed = "trustx = trustx_setup_module\n";
    write_file(configuration.file, spoilt.erase(spoilt.find(needed), needed.size()));
    configuration.must("enable");
    configuration.check_works();
    CHECK_THAT(configuration.text(), ContainsSubstring(": device = unix:/run/chip.sock\n# BEGIN trustx"));
}

TEST_CASE("an editor that converts line ends has not edited the block", "[setup]") {
    const Configuration configuration{debian};
    configuration.must("enable");
    std::string text;
    for (const char letter : configuration.text()) {
        text.append(letter == '\n' ? "\r" : "").push_back(letter);
    }
    write_file(configuration.file, text);
    configuration.must("disable");
    CHECK_THAT(configuration.text(), !ContainsSubstring("by hand"));
}

TEST_CASE("a block of a later format is left alone, and its format is named", "[setup]") {
    const Configuration configuration{debian};
    configuration.must("enable");
    auto text = configuration.text();
    const auto at = text.find(": format 1,");
    REQUIRE(at != std::string::npos);
    write_file(configuration.file, text.replace(at, 11, ": format 2,"));
    configuration.refuses("enable", 4, {"format 2", "format 1"}, {"--module", module_directory() / "trustx.so"});
    configuration.refuses("disable", 4, {"format 2", "format 1"});
    CHECK_THAT(configuration.setup("check").both(), ContainsSubstring("format 2"));
}

TEST_CASE("without the module nothing else of OpenSSL stops working, and disable still restores the file", "[setup]") {
    for (const std::string diagnostics : {"0", "1"}) {
        const auto text = "config_diagnostics = " + diagnostics + "\nopenssl_conf = openssl_init\n[openssl_init]\n";
        const Configuration configuration{text};
        const TempDir elsewhere;
        const auto module = (elsewhere / "trustx.so").string();
        fs::copy_file(module_directory() / "trustx.so", module);
        CHECK(configuration.setup("enable", {"--module", module}).ok());
        fs::remove(module);
        CHECK(configuration.openssl({"version"}).ok());
        CHECK(configuration.openssl({"dgst", "-sha256", configuration.file}).ok());
        CHECK(configuration.openssl({"genpkey", "-algorithm", "EC", "-pkeyopt", "group:P-256"}).ok());
        // TLS, too: that nobody answers at that port is the only fault.
        const auto client = configuration.openssl({"s_client", "-connect", "127.0.0.1:1"});
        CHECK_THAT(client.err, ContainsSubstring("refused"));
        const auto listed = configuration.openssl({"list", "-providers"});
        CHECK((listed.ok() && listed.err.empty()));
        CHECK_THAT(listed.out, ContainsSubstring("default") && !ContainsSubstring("trustx"));
        configuration.must("disable");
        CHECK(configuration.text() == text);
    }
}

TEST_CASE("on a read-only file system nothing changes, and the reason is named", "[setup]") {
    const Configuration configuration{debian};
    const auto outcome = in_shell(
        "exec unshare --map-root-user --mount sh -ec 'mount --bind \"$DIRECTORY\" \"$DIRECTORY\"; mount -o "
        "remount,bind,ro \"$DIRECTORY\" || exit 77; exec \"$TRUSTX\" setup enable --config \"$CONFIG\" --module "
        "\"$MODULE\"' || exit 77",
        configuration);
    INFO(outcome.both());
    CHECK(configuration.text() == debian);
    if (outcome.status == 4) {
        CHECK_THAT(outcome.err, ContainsSubstring("openssl.cnf") && ContainsSubstring("Read-only file system"));
    } else {
        CHECK_THAT(outcome.err, ContainsSubstring("unshare") || ContainsSubstring("mount"));  // not allowed here
    }
}

TEST_CASE("a block that was damaged is restored by enable", "[setup]") {
    const Configuration configuration{debian};
    configuration.must("enable");
    auto text = configuration.text();
    const auto at = text.find("trustx = trustx_setup_module\n");
    REQUIRE(at != std::string::npos);
    const auto enabled = text;
    write_file(configuration.file, text.erase(at, 29));
    configuration.must("enable");
    CHECK(configuration.text() == enabled);
}

TEST_CASE("fips=yes is claimed only when it is asked for, reported each time, and taken back", "[setup]") {
    const Configuration configuration{debian};
    configuration.must("enable");
    const auto plain = configuration.text();
    CHECK_THAT(plain, !ContainsSubstring("claim-fips"));
    const auto module = (module_directory() / "trustx.so").string();
    CHECK(configuration.setup("enable", {"--module", module, "--claim-fips"}).status == 0);
    CHECK_THAT(configuration.text(), ContainsSubstring("claim-fips = yes\n"));
    for (int round = 0; round < 2; ++round) {
        CHECK_THAT(configuration.setup("check").both(), ContainsSubstring("claim-fips"));
    }
    configuration.must("enable");
    CHECK(configuration.text() == plain);
}

TEST_CASE("a configuration that activates trustx by hand gets no claim", "[setup]") {
    const Configuration configuration{
        "openssl_conf = init\n[init]\nproviders = p\n[p]\ndefault = d\ntrustx = t\n[d]\nactivate = 1\n[t]\nactivate = "
        "1\nmodule = " +
        (module_directory() / "trustx.so").string() + "\n"};
    configuration.refuses("enable", 1, {"claim-fips = yes", "[t]"},
                          {"--module", module_directory() / "trustx.so", "--claim-fips"});
}

TEST_CASE("enable serves Node.js, which looks for a name of its own", "[setup]") {
    const Configuration configuration{debian};
    configuration.must("enable");
    CHECK_THAT(configuration.text(), ContainsSubstring("nodejs_conf = openssl_init\n"));
    const Configuration chosen{"nodejs_conf = mine\n" + debian + "[mine]\nx = 1\n"};
    chosen.must("enable");
    CHECK_THAT(chosen.text(), !ContainsSubstring("nodejs_conf = openssl_init"));
}

TEST_CASE("enable adds no default provider where a configuration chooses the providers", "[setup]") {
    const Configuration configuration{
        "openssl_conf = init\n[init]\nproviders = some\n[some]\nbase = b\n[b]\nactivate = 1\n"};
    configuration.must("enable");
    CHECK_THAT(configuration.text(), !ContainsSubstring("default ="));
    const auto list = configuration.openssl({"list", "-providers"});
    CHECK_THAT(list.out, ContainsSubstring("trustx") && !ContainsSubstring("OpenSSL Default Provider"));
}

TEST_CASE("a configuration that activates trustx already is left alone by both", "[setup]") {
    const Configuration configuration{
        "openssl_conf = init\n[init]\nproviders = p\n[p]\ndefault = d\ntrustx = t\n[d]\nactivate = 1\n[t]\nactivate = "
        "1\nmodule = " +
        (module_directory() / "trustx.so").string() + "\n"};
    const auto before = configuration.text();
    configuration.must("enable");
    CHECK(configuration.text() == before);
    configuration.refuses("disable", 1, {"section [t]", "by hand"});
}

TEST_CASE("setup leaves alone what it cannot decide, and says what that is", "[setup]") {
    const auto refuses = [](const std::string& text, int status, const std::vector<std::string>& words) {
        INFO(text);
        Configuration{text}.refuses("enable", status, words);
    };
    refuses("[ca\nx = 1\n", 4, {"line 1", "missing close square bracket", "correct the file"});
    refuses("x = $nothing\n", 4, {"variable has no value"});
    refuses("openssl_conf = init\n[init]\nx = 1\\\n", 1, {"left as it is", "backslash"});
    refuses("openssl_conf = init\n[init]\nproviders = p\n[p]\ntrustx = t\n[t]\nmodule = x\n", 1,
            {"left as it is", "section [t]", "activate = 1"});
    refuses("openssl_conf = init\n[init]\nproviders = p\n[p]\ndefault = d\n[d]\nactivate = 0\n", 1,
            {"left as it is", "activate = 0", "3.3"});
    refuses("[trustx_setup_module]\nactivate = 1\n", 1, {"left as it is", "[trustx_setup_module]"});
    refuses("openssl_conf = \"my init\"\n[my init]\n", 1, {"left as it is", "my init"});
    refuses("# BEGIN trustx: x\n[a]\n", 4, {"# END trustx", "by hand"});
    refuses("# END trustx\n", 4, {"do not pair"});
    refuses(std::string{"x = 1\n\0y = 2\n", 13}, 4, {"NUL"});
    Configuration{debian}.refuses("enable", 4, {"no such file", "--module"}, {"--module", "/nonexistent/trustx.so"});
}

TEST_CASE("a configuration that is not there, a directory and a device are refused", "[setup]") {
    for (const auto& [path, words] : std::map<std::string, std::string>{{"/nonexistent/openssl.cnf", "No such file"},
                                                                        {"/dev/null", "not a regular file"},
                                                                        {"/tmp", "not a regular"}}) {
        const auto outcome =
            run_trustx({"setup", "enable", "--config", path, "--module", module_directory() / "trustx.so"});
        INFO(outcome.both());
        CHECK(outcome.status == 4);
        CHECK_THAT(outcome.err, ContainsSubstring(path) && ContainsSubstring(words));
    }
}

TEST_CASE("owner and mode of a configuration are kept", "[setup]") {
    const Configuration configuration{debian};
    for (const mode_t mode : {0600U, 0444U, 0664U}) {
        REQUIRE(::chmod(configuration.file.c_str(), mode) == 0);
        if (::geteuid() == 0) {
            REQUIRE(::chown(configuration.file.c_str(), 1, 1) == 0);
        }
        struct stat before {};
        struct stat after {};
        REQUIRE(::stat(configuration.file.c_str(), &before) == 0);
        configuration.must("enable");
        CHECK(mode_of(configuration.file) == mode);
        configuration.must("disable");
        REQUIRE(::stat(configuration.file.c_str(), &after) == 0);
        CHECK((before.st_uid == after.st_uid && before.st_gid == after.st_gid && before.st_mode == after.st_mode));
    }
}

TEST_CASE("a symbolic link stays one, and the file behind it is edited", "[setup]") {
    const Configuration configuration{debian};
    const auto link = configuration.directory / "link.cnf";
    fs::create_symlink("openssl.cnf", link);
    const auto module = (module_directory() / "trustx.so").string();
    CHECK(run_trustx({"setup", "enable", "--config", link, "--module", module}).ok());
    CHECK(fs::is_symlink(link));
    CHECK_FALSE(fs::is_symlink(configuration.file));
    configuration.check_works();
    CHECK(run_trustx({"setup", "disable", "--config", link}).ok());
    CHECK(fs::is_symlink(link));
    CHECK(configuration.text() == debian);
}

TEST_CASE("a file of two names is not torn apart", "[setup]") {
    const Configuration configuration{debian};
    fs::create_hard_link(configuration.file, configuration.directory / "other.cnf");
    const auto outcome = configuration.setup("enable");
    INFO(outcome.both());
    CHECK(outcome.status == 1);
    CHECK_THAT(outcome.err, ContainsSubstring("hard links"));
    CHECK(configuration.text() == debian);
}

TEST_CASE("where the directory cannot be written or the disk is full, nothing changes", "[setup]") {
    if (skipped_under_thread_sanitizer("it does not start where nothing may be written")) {
        return;
    }
    const Configuration configuration{debian};
    const std::string enable = "\"$TRUSTX\" setup enable --config \"$CONFIG\" --module \"$MODULE\"";
    const auto check = [&](const std::string& script, const std::string& words) {
        const auto outcome = in_shell(script, configuration);
        INFO(outcome.both());
        CHECK(outcome.status == 4);
        CHECK_THAT(outcome.err, ContainsSubstring("openssl.cnf") && ContainsSubstring(words));
        CHECK(configuration.text() == debian);
        CHECK(configuration.files() == 1);
    };
    check("ulimit -f 0; exec " + enable, "File too large");
    // Root may write everywhere unless that is taken away.
    check(
        "chmod 555 \"$DIRECTORY\"; trap 'chmod 755 \"$DIRECTORY\"' EXIT; [ $(id -u) != 0 ] || "
        "drop='setpriv --bounding-set -dac_override,-dac_read_search --'; $drop " +
            enable,
        "Permission denied");
}

TEST_CASE("a run that is killed leaves the old configuration or the new one, never a piece", "[setup]") {
    const Configuration configuration{debian};
    configuration.must("enable");
    const auto enabled = configuration.text();
    for (int i = 0; i < 30; ++i) {
        const std::string what = i % 2 == 0 ? "disable" : "enable";
        Process process(program("trustx"),
                        i % 2 == 0 ? std::vector<std::string>{"setup", what, "--config", configuration.file}
                                   : std::vector<std::string>{"setup", what, "--config", configuration.file, "--module",
                                                              module_directory() / "trustx.so"});
        // Somewhere between the start and the end; which of them does not matter.
        std::this_thread::yield();
        process.kill9();
        const auto text = configuration.text();
        CHECK((text == debian || text == enabled));
    }
    configuration.must("disable");
    CHECK(configuration.text() == debian);
}

TEST_CASE("where a configuration includes a directory, enable puts a file there and disable removes it", "[setup]") {
    const Configuration configuration{""};
    const auto directory = configuration.directory / "openssl.d";
    fs::create_directory(directory);
    const auto text =
        "openssl_conf = init\n[init]\nproviders = p\n[p]\ndefault = d\n[d]\nactivate = 1\n[more]\na = "
        "1\n.include " +
        directory.string() + "\nb = 2\n";
    write_file(configuration.file, text);
    configuration.must("enable");
    CHECK(configuration.text() == text);
    CHECK(fs::exists(directory / "trustx.cnf"));
    configuration.check_works();
    configuration.must("enable");
    configuration.must("disable");
    CHECK(configuration.text() == text);
    CHECK(fs::is_empty(directory));

    // Comments, such as disable leaves, are in nobody's way.
    write_file(directory / "trustx.cnf", "# mine\n\n");
    configuration.must("disable");
    configuration.must("enable");
    configuration.check_works();
    configuration.must("disable");
    CHECK(read_file(directory / "trustx.cnf") == "# mine\n\n");

    write_file(directory / "trustx.cnf", "# mine\n[mine]\n");
    const auto refused = configuration.setup("enable");
    INFO(refused.both());
    CHECK(refused.status == 1);
    CHECK_THAT(refused.err, ContainsSubstring("there already"));
    CHECK(configuration.setup("disable").status == 1);
    CHECK(read_file(directory / "trustx.cnf") == "# mine\n[mine]\n");
}

TEST_CASE("a directory is included as OpenSSL reads the line, with variables and in the section open there",
          "[setup]") {
    const Configuration configuration{""};
    const auto directory = configuration.directory / "openssl.d";
    fs::create_directory(directory);
    const auto text = "top = " + configuration.directory.path().string() +
                      "\n[ more ]\na = 1\n  .include = $default::top/openssl.d # others\nb = 2\n";
    write_file(configuration.file, text);
    configuration.must("enable");
    CHECK(configuration.text() == text);
    CHECK_THAT(read_file(directory / "trustx.cnf"), ContainsSubstring("\n[more]\n"));
    configuration.check_works();
    configuration.must("disable");
    CHECK(fs::is_empty(directory));
}

TEST_CASE("our own drop-in, included by a line, counts as enabled by hand", "[setup]") {
    const auto drop_in = (source_directory() / "conf" / "openssl-trustx.drop-in.cnf").string();
    const Configuration configuration{debian + ".include " + drop_in + "\n"};
    const auto before = configuration.text();
    configuration.must("enable");
    CHECK(configuration.text() == before);
}

TEST_CASE("the configuration that is installed makes certificates of version 3", "[setup]") {
    const TempDir directory;
    const auto configuration = module_directory().parent_path() / "conf" / "openssl-trustx.cnf";
    ProcessOptions options{.environment = foreign_program_environment(), .directory = directory.path()};
    options.environment["OPENSSL_CONF"] = configuration;
    const auto made = run("sh",
                          {"-ec",
                           "openssl genpkey -algorithm EC -pkeyopt group:P-256 -out key.pem\n"
                           "openssl req -x509 -key key.pem -subj /CN=authority -out ca.pem\n"
                           "openssl req -new -key key.pem -subj /CN=gateway -out gateway.csr\n"
                           "openssl x509 -req -in gateway.csr -CA ca.pem -CAkey key.pem -CAcreateserial -out leaf.pem "
                           "-extfile \"$OPENSSL_CONF\" -extensions usr_cert\n"
                           "openssl verify -CAfile ca.pem leaf.pem\n"
                           "openssl x509 -in ca.pem -noout -text && openssl x509 -in leaf.pem -noout -text\n"},
                          options);
    INFO(made.both());
    REQUIRE(made.ok());
    CHECK_THAT(made.out, ContainsSubstring("leaf.pem: OK") && !ContainsSubstring("Version: 1"));
    CHECK_THAT(made.out, ContainsSubstring("CA:TRUE") && ContainsSubstring("CA:FALSE"));
}

TEST_CASE("enable activates the default provider where trustx was activated by hand and alone", "[setup]") {
    const auto module = (module_directory() / "trustx.so").string();
    const auto text =
        "openssl_conf = i\n[i]\nproviders = p\n[p]\ntrustx = t\n[t]\nactivate = 1\nmodule = " + module + "\n";
    const Configuration configuration{text};
    configuration.must("enable");
    configuration.check_works();
    const auto once = configuration.text();
    configuration.must("enable");
    CHECK(configuration.text() == once);
    configuration.must("disable");
    CHECK(configuration.text() == text);
}
