// SPDX-License-Identifier: Apache-2.0
// trustx setup for one systemd service, in roots that hold nothing but units: what the drop-in gives depends on what
// the unit forbids, disable leaves nothing, and what others wrote stays.
#include "chip_fixture.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <nlohmann/json.hpp>
#include <pwd.h>
#include <unistd.h>

using namespace trustx::test;
namespace fs = std::filesystem;

namespace {

constexpr auto unit_of_mosquitto = "[Unit]\nDescription=broker\n[Service]\nExecStart=/usr/sbin/mosquitto -c file\n";

// Machine is a root directory with the group and the installed configuration.
struct Machine {
    TempDir directory;

    Machine() {
        write("/etc/group", "root:x:0:\ntrustx:x:990:\n");
        write("/etc/trustx/openssl-trustx.cnf", read_file(source_directory() / "conf" / "openssl-trustx.cnf"));
        write("/usr/lib/systemd/system/mosquitto.service", unit_of_mosquitto);
    }
    [[nodiscard]] fs::path path(const std::string& name) const { return directory.path().string() + name; }
    void write(const std::string& name, const std::string& text) const {
        fs::create_directories(path(name).parent_path());
        write_file(path(name), text);
    }
    [[nodiscard]] Outcome setup(std::vector<std::string> arguments, const ProcessOptions& options = {}) const {
        arguments.insert(arguments.begin(), "setup");
        arguments.insert(arguments.end(), {"--root", directory.path()});
        auto outcome = run_trustx(arguments, options);
        UNSCOPED_INFO(outcome.both());
        return outcome;
    }
    [[nodiscard]] std::string must(const std::vector<std::string>& arguments) const {
        const auto outcome = setup(arguments);
        REQUIRE(outcome.status == 0);
        return outcome.out;
    }
    // enabled gives a service a unit and gives the drop-in that enable makes for it.
    [[nodiscard]] std::string enabled(const std::string& lines) const {
        write("/usr/lib/systemd/system/gateway.service", "[Service]\nExecStart=/usr/bin/gateway\n" + lines);
        static_cast<void>(must({"enable", "--service", "gateway"}));
        const auto text = read_file(drop_in("gateway"));
        static_cast<void>(must({"disable", "--service", "gateway"}));
        return text;
    }
    // refuses expects this exit code, one line with the words, and no change.
    void refuses(int status, const std::vector<std::string>& arguments, const std::vector<std::string>& words) const {
        const auto before = content();
        const auto outcome = setup(arguments);
        CHECK(outcome.status == status);
        CHECK(outcome.out.empty());
        CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
        for (const auto& word : words) {
            CHECK_THAT(outcome.err, ContainsSubstring(word));
        }
        CHECK(content() == before);
    }
    [[nodiscard]] fs::path drop_in(const std::string& service) const {
        return path("/etc/systemd/system/" + service + ".service.d/trustx.conf");
    }
    // content is every file and directory.
    [[nodiscard]] std::map<std::string, std::string> content() const {
        std::map<std::string, std::string> all;
        for (const auto& entry : fs::recursive_directory_iterator{directory.path()}) {
            all[entry.path()] = entry.is_regular_file() && !entry.is_symlink() ? read_file(entry.path()) : "";
        }
        return all;
    }
};

std::string own_name() {
    const auto* entry = ::getpwuid(::geteuid());
    return entry != nullptr ? entry->pw_name : std::to_string(::geteuid());
}

}  // namespace

TEST_CASE("the samples of drop-ins are what setup prints", "[setup][service]") {
    const Machine machine;
    for (const std::string service : {"mosquitto", "nginx"}) {
        const auto sample = source_directory() / "conf" / "services" / (service + ".service.d") / "trustx.conf";
        CHECK(machine.must({"enable", "--service", service, "--harden", "--print"}) == read_file(sample));
    }
}

TEST_CASE("a service is enabled by one drop-in, and disable leaves nothing", "[setup][service]") {
    const Machine machine;
    const auto before = machine.content();
    const std::string restart = "systemctl daemon-reload\nsystemctl restart mosquitto\n";
    CHECK(machine.must({"enable", "--service", "mosquitto"}) == "usermod -aG trustx mosquitto\n" + restart);
    const auto text = read_file(machine.drop_in("mosquitto"));
    CHECK_THAT(text, ContainsSubstring("\nEnvironment=OPENSSL_CONF=/etc/trustx/openssl-trustx.cnf\n") &&
                         ContainsSubstring("\nSupplementaryGroups=trustx\n"));
    CHECK(machine.must({"enable", "--service", "mosquitto.service"}).empty());
    CHECK(read_file(machine.drop_in("mosquitto")) == text);
    CHECK(machine.must({"disable", "--service", "mosquitto"}) == restart);
    // The directory of units was made.
    fs::remove(machine.path("/etc/systemd/system"));
    fs::remove(machine.path("/etc/systemd"));
    CHECK(machine.content() == before);
    CHECK(machine.must({"disable", "--service", "mosquitto"}).empty());

    machine.write("/etc/group", "trustx:x:990:me,mosquitto\n");
    CHECK(machine.must({"enable", "--service", "mosquitto"}) == restart);
    // enable had the user join the group, and others may need that still.
    const auto disabled = machine.setup({"disable", "--service", "mosquitto"});
    CHECK((disabled.ok() && disabled.out == restart));
    CHECK_THAT(disabled.err, ContainsSubstring("`gpasswd -d mosquitto trustx`"));
}

TEST_CASE("a drop-in opens what the unit closes, and closes nothing that is open", "[setup][service]") {
    const Machine machine;
    const auto plain = machine.enabled("");
    for (const auto* word : {"DeviceAllow", "DevicePolicy", "PrivateDevices", "ReadWritePaths"}) {
        CHECK_THAT(plain, !ContainsSubstring(word));  // a first DeviceAllow= would take away all other devices
    }
    CHECK_THAT(machine.enabled("PrivateDevices=yes\n"),
               ContainsSubstring("\nPrivateDevices=no\nDevicePolicy=closed\n") &&
                   ContainsSubstring("\nDeviceAllow=/dev/i2c-1 rw\n"));
    CHECK_THAT(machine.enabled("DeviceAllow=/dev/ttyUSB0 rw\n"),
               ContainsSubstring("\nDeviceAllow=/dev/i2c-1 rw\n") && !ContainsSubstring("PrivateDevices"));
    CHECK_THAT(machine.enabled("DevicePolicy=strict\n"), ContainsSubstring("\nDeviceAllow=/dev/i2c-1 rw\n"));
    for (const std::string lines : {"ProtectSystem=strict\n", "ReadOnlyPaths=/srv /run\n"}) {
        CHECK_THAT(machine.enabled(lines), ContainsSubstring("\nReadWritePaths=-/run/lock/trustx\n"));
    }
    CHECK_THAT(machine.enabled("ProtectSystem=full\nReadOnlyPaths=/srv\n"), !ContainsSubstring("ReadWritePaths"));
    // A later file or line counts, a list can be emptied, and comments and continued lines are what systemd takes them
    // for.
    machine.write("/etc/systemd/system/gateway.service.d/10.conf",
                  "[Service]\nPrivateDevices=\n[Install]\nDeviceAllow=x\n");
    CHECK(machine.enabled("PrivateDevices=yes\nDeviceAllow=/dev/null\nDeviceAllow=\n") == plain);
    CHECK_THAT(machine.enabled("ProtectSystem=\\\n# PrivateDevices=yes\n  strict\n"),
               ContainsSubstring("ReadWritePaths"));
}

TEST_CASE("systemd reads the drop-ins that setup makes", "[setup][service]") {
    if (!run("sh", {"-c", "command -v systemd-analyze"}).ok()) {
        SUCCEED("systemd is not installed");
        return;
    }
    const Machine machine;
    const std::string path =
        machine.path("/etc/systemd/system").string() + ":" + machine.path("/usr/lib/systemd/system").string() + ":";
    for (const std::string lines : {"", "PrivateDevices=yes\nProtectSystem=strict\n", "DeviceAllow=/dev/null rw\n"}) {
        machine.write("/usr/lib/systemd/system/gateway.service",
                      "[Unit]\nDescription=gateway\n[Service]\nExecStart=/bin/true\n" + lines);
        static_cast<void>(machine.must({"enable", "--service", "gateway", "--device", "/dev/i2c-1"}));
        const auto outcome = run(
            "systemd-analyze",
            {"verify", "--man=no", "--recursive-errors=no", machine.path("/usr/lib/systemd/system/gateway.service")},
            {.environment = {{"SYSTEMD_UNIT_PATH", path}}});
        INFO(outcome.both());
        CHECK(outcome.ok());
        CHECK_THAT(outcome.err, !ContainsSubstring("gateway"));
        static_cast<void>(machine.must({"disable", "--service", "gateway"}));
    }
}

TEST_CASE("a service gets the chip, the lines and the lock directory of the settings", "[setup][service]") {
    const Machine machine;
    machine.write("/usr/lib/systemd/system/gateway.service", "[Service]\nPrivateDevices=yes\nProtectSystem=strict\n");
    machine.write(
        "/etc/trustx/trustx.conf",
        "device = /dev/i2c-3\nreset-line = gpiochip0:17\nsupply-line = gpiochip0:27\nlock-directory = /run/chip\n");
    // The environment is this program's and not the service's.
    const ProcessOptions options{
        .environment = {{"TRUSTX_CONF", "/nonexistent/trustx.conf"}, {"TRUSTX_DEVICE", "/dev/i2c-9"}}};
    REQUIRE(
        run(program("trustx"), {"setup", "enable", "--service", "gateway", "--root", machine.directory.path()}, options)
            .status == 0);
    const auto text = read_file(machine.drop_in("gateway"));
    CHECK_THAT(text, ContainsSubstring("\nDeviceAllow=/dev/i2c-3 rw\nDeviceAllow=/dev/gpiochip0 rw\n") &&
                         ContainsSubstring("\nReadWritePaths=-/run/chip\n") && !ContainsSubstring("TRUSTX_DEVICE") &&
                         !ContainsSubstring("i2c-9"));
    CHECK(machine.must({"enable", "--service", "gateway", "--device", "unix:/run/chip.sock"}).starts_with("systemctl"));
    CHECK_THAT(read_file(machine.drop_in("gateway")),
               ContainsSubstring("\nEnvironment=TRUSTX_DEVICE=unix:/run/chip.sock@0x30\n") &&
                   !ContainsSubstring("DeviceAllow=/dev/i2c"));
}

TEST_CASE("what a person adds to a drop-in survives", "[setup][service]") {
    const Machine machine;
    static_cast<void>(machine.must({"enable", "--service", "mosquitto"}));
    const auto file = machine.drop_in("mosquitto");
    const auto text = read_file(file);
    write_file(file, text + "Nice=5\n");
    CHECK(machine.must({"enable", "--service", "mosquitto"}).empty());
    CHECK(read_file(file) == text + "Nice=5\n");
    CHECK(machine.must({"disable", "--service", "mosquitto"}).starts_with("systemctl"));
    CHECK(read_file(file) == "[Service]\nNice=5\n");  // outside of a section it would mean nothing
    machine.refuses(1, {"enable", "--service", "mosquitto"}, {"was not made by `trustx setup enable`"});
    fs::remove(file);

    static_cast<void>(machine.must({"enable", "--service", "mosquitto"}));
    auto edited = text;
    edited.insert(edited.find("SupplementaryGroups"), "Environment=TRUSTX_TRACE=/var/log/chip\n");
    write_file(file, edited);
    CHECK(machine.must({"enable", "--service", "mosquitto"}).empty());
    CHECK(read_file(file) == edited);
    static_cast<void>(machine.must({"disable", "--service", "mosquitto"}));
    const auto kept = read_file(file);
    CHECK_THAT(kept, ContainsSubstring("Environment=TRUSTX_TRACE=/var/log/chip\n"));
    CHECK((std::count(kept.begin(), kept.end(), '\n') == 1 && kept.starts_with("#")));
}

TEST_CASE("a service that cannot be enabled is refused with the reason", "[setup][service]") {
    const Machine machine;
    const std::vector<std::string> enable{"enable", "--service", "gateway"};
    machine.refuses(6, enable, {"there is no unit gateway.service"});
    const auto unit = [&](const std::string& lines) {
        machine.write("/usr/lib/systemd/system/gateway.service", "[Service]\n" + lines);
    };
    unit("RootDirectory=/srv/tree\n");
    machine.refuses(1, enable, {"root directory of its own", "/srv/tree"});
    unit("Environment=A=b \"OPENSSL_CONF=/etc/other.cnf\"\n");
    machine.refuses(1, enable, {"OPENSSL_CONF=/etc/other.cnf", "setup enable --config"});
    machine.write("/etc/default/gateway", "# one\nOPENSSL_CONF='/etc/third.cnf'\n");
    unit("EnvironmentFile=-/etc/default/gateway\n");
    machine.refuses(1, enable, {"OPENSSL_CONF=/etc/third.cnf"});
    unit("");
    machine.write("/etc/none.cnf", "[ca]\n");
    machine.refuses(1, {"enable", "--service", "gateway", "--config", "/etc/none.cnf"}, {"does not load the provider"});
    machine.refuses(4, {"enable", "--service", "gateway", "--config", "/etc/missing.cnf"}, {"/etc/missing.cnf"});
    machine.refuses(2, {"enable", "--service", "gateway", "--config", "here.cnf"}, {"absolute"});
    machine.refuses(2, {"enable", "--service", "gateway", "--harden"}, {"--harden", "mosquitto and nginx"});
    machine.refuses(2, {"enable", "--service", "../gateway"}, {"no name of a service"});
    machine.refuses(2, {"enable", "--service", "gateway.socket"}, {"no name of a service"});
    machine.refuses(2, {"enable", "--harden"}, {"--service"});
    machine.refuses(2, {"enable", "--service", "gateway", "--claim-fips"}, {"--claim-fips"});
    machine.write("/etc/group", "root:x:0:\n");
    machine.refuses(1, enable, {"no group trustx", "systemd-sysusers"});
    machine.write("/etc/group", "trustx:x:990:\n");
    fs::create_directories(machine.path("/etc/systemd/system"));
    fs::create_symlink("/dev/null", machine.path("/etc/systemd/system/gateway.service"));
    machine.refuses(1, enable, {"masked", "systemctl unmask"});
}

TEST_CASE("aliases and instances are served by the unit that they mean", "[setup][service]") {
    const Machine machine;
    fs::create_directories(machine.path("/etc/systemd/system"));
    fs::create_symlink("/usr/lib/systemd/system/mosquitto.service", machine.path("/etc/systemd/system/broker.service"));
    CHECK_THAT(machine.must({"enable", "--service", "broker"}), ContainsSubstring("systemctl restart mosquitto\n"));
    CHECK(fs::exists(machine.drop_in("mosquitto")));
    static_cast<void>(machine.must({"disable", "--service", "broker"}));
    CHECK_FALSE(fs::exists(machine.drop_in("mosquitto")));

    machine.write("/usr/lib/systemd/system/tunnel@.service", "[Service]\nPrivateDevices=yes\n");
    static_cast<void>(machine.must({"enable", "--service", "tunnel@office"}));
    CHECK_THAT(read_file(machine.drop_in("tunnel@office")), ContainsSubstring("PrivateDevices=no"));
}

TEST_CASE("a drop-in of a later format is left alone, and named", "[setup][service]") {
    const Machine machine;
    static_cast<void>(machine.must({"enable", "--service", "mosquitto"}));
    auto text = read_file(machine.drop_in("mosquitto"));
    const auto at = text.find("format 1,");
    REQUIRE(at != std::string::npos);
    write_file(machine.drop_in("mosquitto"), text.replace(at, 9, "format 2,"));
    for (const std::string what : {"enable", "disable"}) {
        machine.refuses(4, {what, "--service", "mosquitto"}, {"format 2", "format 1"});
    }
    machine.refuses(4, {"disable", "--all"}, {"format 2"});
}

TEST_CASE("disable --all undoes everything that enable did in a root, and nothing else", "[setup][service]") {
    const Machine machine;
    // OpenSSL's directory holds a link, as Debian has it.
    const auto version = run("openssl", {"version", "-d"}).out;
    const auto quote = version.find('"');
    const auto directory = version.substr(quote + 1, version.rfind('"') - quote - 1);
    fs::create_directories(machine.path(directory));
    fs::create_symlink("/etc/ssl/openssl.cnf", machine.path(directory + "/openssl.cnf"));
    machine.write("/etc/ssl/openssl.cnf", "openssl_conf = init\n[init]\n");
    machine.write("/usr/lib/systemd/system/gateway.service", "[Service]\n");
    fs::create_directories(machine.path("/etc/systemd/system"));
    machine.write("/etc/systemd/system/other.service.d/trustx.conf", "[Service]\nNice=1\n");
    const auto before = machine.content();

    CHECK(run_trustx({"setup", "enable", "--config", machine.path("/etc/ssl/openssl.cnf"), "--module",
                      module_directory() / "trustx.so"})
              .ok());
    static_cast<void>(machine.must({"enable", "--service", "mosquitto"}));
    static_cast<void>(machine.must({"enable", "--service", "gateway"}));
    CHECK(machine.content() != before);
    const auto outcome =
        machine.setup({"disable", "--all", "--quiet"}, {.environment = {{"OPENSSL_CONF", "/dev/null"}}});
    CHECK((outcome.ok() && outcome.out.empty() && outcome.err.empty()));
    CHECK(machine.content() == before);
    CHECK(machine.setup({"disable", "--all"}).ok());
    // Without any configuration there is nothing to undo either.
    CHECK(Machine{}.setup({"disable", "--all"}).ok());
}

TEST_CASE("a service with a scope gets a configuration of its own, and nothing of it is left", "[setup][service]") {
    const Machine machine;
    const auto before = machine.content();
    const auto own = machine.path("/etc/trustx/services/mosquitto.cnf");
    const std::vector<std::string> enable{"enable", "--service", "mosquitto"};
    const auto with = [&enable](const std::string& scope) {
        auto arguments = enable;
        arguments.insert(arguments.end(), {"--scope", scope});
        return arguments;
    };
    CHECK_THAT(machine.must(with("ephemeral")), ContainsSubstring("systemctl restart mosquitto\n"));
    CHECK_THAT(read_file(machine.drop_in("mosquitto")),
               ContainsSubstring("\nEnvironment=OPENSSL_CONF=/etc/trustx/services/mosquitto.cnf\n"));
    const auto ephemeral = read_file(own);
    CHECK_THAT(ephemeral, ContainsSubstring("\n.include /etc/trustx/openssl-trustx.cnf\n") &&
                              ContainsSubstring("\nscope = ephemeral\n"));
    CHECK(machine.must(with("ephemeral")).empty());
    CHECK(machine.must(enable).empty());  // stays as it is
    CHECK(read_file(own) == ephemeral);
    CHECK_THAT(machine.must({"enable", "--service", "mosquitto", "--print"}),
               ContainsSubstring("=/etc/trustx/services/mosquitto.cnf\n"));
    CHECK_THAT(machine.must(with("key-schedule")), ContainsSubstring("systemctl restart mosquitto\n"));
    CHECK_THAT(read_file(own), ContainsSubstring("\nscope = key-schedule\n") && !ContainsSubstring("ephemeral"));
    static_cast<void>(machine.must(with("signature")));
    CHECK_FALSE(fs::exists(own.parent_path()));
    CHECK_THAT(read_file(machine.drop_in("mosquitto")),
               ContainsSubstring("OPENSSL_CONF=/etc/trustx/openssl-trustx.cnf"));
    const auto gone = [&] {
        fs::remove(machine.path("/etc/systemd/system"));
        fs::remove(machine.path("/etc/systemd"));
        return machine.content() == before;
    };
    static_cast<void>(machine.must(with("ephemeral")));
    static_cast<void>(machine.must({"disable", "--service", "mosquitto"}));
    CHECK(gone());
    static_cast<void>(machine.must(with("ephemeral")));
    CHECK(machine.setup({"disable", "--all"}).ok());
    CHECK(gone());
    // Of an administrator who removed the drop-in.
    static_cast<void>(machine.must(with("ephemeral")));
    fs::remove_all(machine.path("/etc/systemd/system/mosquitto.service.d"));
    CHECK(machine.setup({"disable", "--all"}).ok());
    CHECK(gone());
}

TEST_CASE("what a person adds to a service's configuration survives, and what is another's is left",
          "[setup][service]") {
    const Machine machine;
    const auto own = machine.path("/etc/trustx/services/mosquitto.cnf");
    const auto with = [](const std::string& scope) {
        return std::vector<std::string>{"enable", "--service", "mosquitto", "--scope", scope};
    };
    static_cast<void>(machine.must(with("ephemeral")));
    auto edited = read_file(own);
    edited.insert(edited.find("scope = ephemeral\n"), "open = load\n");
    edited.insert(edited.find("Groups = "), "MaxProtocol = TLSv1.2\n");
    write_file(own, edited);
    CHECK(machine.must(with("ephemeral")).empty());
    CHECK(read_file(own) == edited);
    const std::string comment = "# added by hand to the block of `trustx setup`: ";
    static_cast<void>(machine.must(with("key-schedule")));
    CHECK_THAT(read_file(own), ContainsSubstring(comment + "MaxProtocol = TLSv1.2\n") &&
                                   ContainsSubstring("\nopen = load\n") && !ContainsSubstring("scope = ephemeral"));
    static_cast<void>(machine.must({"disable", "--service", "mosquitto"}));
    const auto comments = comment + "MaxProtocol = TLSv1.2\n" + comment + "open = load\n";
    CHECK(read_file(own) == comments);
    // Nothing of that counts, and nothing of it is in the way.
    static_cast<void>(machine.must(with("ephemeral")));
    CHECK(read_file(own).starts_with(comments));
    CHECK_THAT(read_file(own), ContainsSubstring("\nscope = ephemeral\n"));
    static_cast<void>(machine.must({"disable", "--service", "mosquitto"}));
    CHECK(read_file(own) == comments);
    write_file(own, "Groups = P-256\n");
    machine.refuses(1, with("ephemeral"), {"mosquitto.cnf", "was not made by `trustx setup enable`"});
    fs::remove(own);

    machine.write("/etc/scoped.cnf", read_file(source_directory() / "conf" / "services" / "openssl-ephemeral.cnf"));
    machine.refuses(1, {"enable", "--service", "mosquitto", "--config", "/etc/scoped.cnf", "--scope", "signature"},
                    {"/etc/scoped.cnf", "`scope`", "[trustx_sect]"});
    // That one has the scope.
    static_cast<void>(
        machine.must({"enable", "--service", "mosquitto", "--config", "/etc/scoped.cnf", "--scope", "ephemeral"}));
    CHECK_THAT(read_file(machine.drop_in("mosquitto")), ContainsSubstring("OPENSSL_CONF=/etc/scoped.cnf\n"));
    CHECK_FALSE(fs::exists(own));
    machine.refuses(2, {"enable", "--service", "mosquitto", "--scope", "all"}, {"--scope"});
    machine.refuses(2, {"enable", "--service", "mosquitto", "--scope", "ephemeral", "--print"}, {"--print"});
    // A drop-in that somebody edited names the other configuration.
    write_file(machine.drop_in("mosquitto"), [&] {
        auto text = read_file(machine.drop_in("mosquitto"));
        return text.insert(text.find("SupplementaryGroups"), "Nice=3\n");
    }());
    machine.refuses(1, with("key-schedule"), {"was edited by hand", "disable --service mosquitto"});
    fs::remove(machine.drop_in("mosquitto"));
    // Or the one that changes.
    static_cast<void>(machine.must(with("ephemeral")));
    auto drop_in = read_file(machine.drop_in("mosquitto"));
    drop_in.insert(drop_in.find("SupplementaryGroups"), "Nice=3\n");
    write_file(machine.drop_in("mosquitto"), drop_in);
    CHECK_THAT(machine.must(with("key-schedule")), ContainsSubstring("systemctl restart mosquitto\n"));
    CHECK_THAT(read_file(own), ContainsSubstring("\nscope = key-schedule\n"));
    CHECK(read_file(machine.drop_in("mosquitto")) == drop_in);
}

TEST_CASE("settings of the provider in a service's configuration count on with every scope", "[setup][service]") {
    const Machine machine;
    const auto own = machine.path("/etc/trustx/services/mosquitto.cnf");
    const auto with = [](const std::string& scope) {
        return std::vector<std::string>{"enable", "--service", "mosquitto", "--scope", scope};
    };
    const auto setting = "\nverify-anchors = E0E8=" + std::string(64, 'a') + "\n";
    static_cast<void>(machine.must(with("ephemeral")));
    auto edited = read_file(own);
    edited.insert(edited.find("\nscope = ephemeral\n"), setting.substr(0, setting.size() - 1));
    write_file(own, edited);
    for (const std::string scope : {"key-schedule", "signature", "ephemeral"}) {
        static_cast<void>(machine.must(with(scope)));
        CHECK_THAT(read_file(own), ContainsSubstring(setting) && !ContainsSubstring("# added"));
        CHECK_THAT(read_file(machine.drop_in("mosquitto")),
                   ContainsSubstring("OPENSSL_CONF=/etc/trustx/services/mosquitto.cnf\n"));
        CHECK(machine.must(with(scope)).empty());
    }
    static_cast<void>(machine.must({"disable", "--service", "mosquitto"}));
    CHECK_FALSE(fs::exists(own));
}

TEST_CASE("comments that are left of a drop-in are not in the way of the next one", "[setup][service]") {
    const Machine machine;
    const std::vector<std::string> enable{"enable", "--service", "mosquitto"};
    static_cast<void>(machine.must(enable));
    const auto path = machine.drop_in("mosquitto");
    auto text = read_file(path);
    write_file(path, text.insert(text.find("SupplementaryGroups"), "Nice=3\n"));
    static_cast<void>(machine.must({"disable", "--service", "mosquitto"}));
    const auto comments = read_file(path);
    CHECK(comments.starts_with("# added by hand"));
    CHECK_THAT(comments, ContainsSubstring("Nice=3"));
    static_cast<void>(machine.must({"disable", "--service", "mosquitto"}));
    CHECK(read_file(path) == comments);
    static_cast<void>(machine.must(enable));
    CHECK(read_file(path).starts_with(comments));
    CHECK_THAT(read_file(path), ContainsSubstring("\nSupplementaryGroups="));
}

TEST_CASE("check examines a service with its user, environment and sandbox", "[setup][service]") {
    const Chip chip;
    const Machine machine;
    const auto config = machine.path("/etc/chip.cnf").string();
    write_file(config,
               "openssl_conf = i\n[i]\nproviders = p\n[p]\ndefault = d\ntrustx = t\n[d]\nactivate = 1\n[t]\n"
               "activate = 1\nmodule = " +
                   (module_directory() / "trustx.so").string() + "\n");
    const auto unit = [&](const std::string& lines) {
        machine.write("/usr/lib/systemd/system/gateway.service",
                      "[Service]\nExecStart=/usr/bin/gateway\nUser=" + own_name() +
                          "\nEnvironment=TRUSTX_CONF=/dev/null OPENSSL_CONF=" + config +
                          "\nEnvironment=TRUSTX_DEVICE=" + chip.simulator.address() +
                          " TRUSTX_LOCK_DIRECTORY=" + chip.files.path().string() + "\n" + lines);
    };
    const auto check = [&] {
        // Nothing of this comes through: the service has an environment of its own.
        const auto outcome =
            machine.setup({"check", "--service", "gateway", "--json"},
                          {.environment = {{"OPENSSL_CONF", "/nonexistent"}, {"TRUSTX_DEVICE", "unix:/nonexistent"}}});
        std::map<std::string, nlohmann::json> findings;
        const auto report = nlohmann::json::parse(outcome.out);
        for (const auto& finding : report.at("findings")) {
            findings.emplace(finding.at("subject").get<std::string>(), finding);
        }
        findings["exit"]["status"] = outcome.status;
        return findings;
    };
    unit("");
    auto findings = check();
    CHECK(findings["exit"]["status"] == 0);
    CHECK(findings["chip"]["verdict"] == "ok");
    CHECK(findings["provider"]["verdict"] == "ok");
    CHECK(findings["sandbox"]["verdict"] == "ok");
    CHECK_THAT(findings["user"]["finding"].get<std::string>(), ContainsSubstring(own_name()));
    CHECK(findings.contains("lock directory"));

    unit("ProtectSystem=strict\n");
    findings = check();
    CHECK(findings["exit"]["status"] == 5);
    CHECK(findings["sandbox"]["verdict"] == "failed");
    CHECK_THAT(findings["sandbox"]["remedy"].get<std::string>(),
               ContainsSubstring("trustx setup enable --service gateway"));
    unit("ProtectSystem=strict\nReadWritePaths=-" + chip.files.path().string() + "\n");
    CHECK(check()["sandbox"]["verdict"] == "ok");

    machine.write("/sys/module/apparmor/parameters/enabled", "Y\n");
    machine.write("/etc/apparmor.d/usr.bin.gateway", "profile gateway /usr/bin/gateway {\n}\n");
    CHECK(check()["AppArmor"]["verdict"] == "note");
    machine.write("/etc/apparmor.d/local/usr.bin.gateway", "include <abstractions/trustx>\n");
    CHECK(check()["AppArmor"]["verdict"] == "ok");

    CHECK(check()["abstraction"]["verdict"] == "note");
    machine.write("/etc/apparmor.d/abstractions/trustx", "");
    CHECK(check()["abstraction"]["verdict"] == "ok");

    // A process of the service is older than the drop-in.
    machine.write("/sys/fs/cgroup/system.slice/gateway.service/cgroup.procs", "77\n");
    using namespace std::string_literals;
    machine.write("/proc/77/environ", "PATH=/bin\0LANG=C\0"s);
    CHECK_THAT(check()["running"]["remedy"].get<std::string>(), ContainsSubstring("systemctl restart gateway"));
    machine.write("/proc/77/environ", "PATH=/bin\0OPENSSL_CONF="s + config + "\0"s);
    CHECK_FALSE(check().contains("running"));
    machine.write("/proc/77/environ", "gateway: worker process");
    CHECK_FALSE(check().contains("running"));

    unit("Group=no-such-group\n");
    machine.refuses(5, {"check", "--service", "gateway"}, {"no-such-group"});
    machine.refuses(6, {"check", "--service", "nothing"}, {"nothing.service"});
}

TEST_CASE("check knows which user a service becomes by itself", "[setup][service]") {
    if (::getpwnam("mosquitto") != nullptr) {
        SUCCEED("the user is here");
        return;
    }
    const Machine machine;
    machine.refuses(5, {"check", "--service", "mosquitto"}, {"the user mosquitto", "does not exist"});
}

TEST_CASE("check as another user takes root, and says so", "[setup][service]") {
    const Machine machine;
    machine.refuses(2, {"check", "--user", "no-such-user"}, {"no-such-user"});
    if (::geteuid() != 0) {
        machine.refuses(1, {"check", "--user", "root"}, {"root", "sudo"});
        return;
    }
    const Chip chip;
    const auto outcome = chip.trustx({"setup", "check", "--user", "nobody", "--json"});
    const auto nobody = std::to_string(::getpwnam("nobody")->pw_uid);
    CHECK_THAT(outcome.out, ContainsSubstring("nobody (uid " + nobody));
    // The directory of the socket is root's alone.
    CHECK_THAT(outcome.out, ContainsSubstring("Permission denied"));
    CHECK(outcome.status != 0);
}
