// SPDX-License-Identifier: Apache-2.0
#include "environment.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <trustx/settings.hpp>

#include <algorithm>

using namespace trustx;
using namespace std::chrono_literals;

namespace {

// Surroundings are a settings file and an environment that says nothing else.
class Surroundings {
 public:
    explicit Surroundings(const std::string& file_content = "") { test::write_file(file(), file_content); }

    [[nodiscard]] std::string file() const { return (directory_ / "trustx.conf").string(); }
    [[nodiscard]] std::string line(int number) const { return file() + ":" + std::to_string(number); }

 private:
    test::TempDir directory_;
    test::ScopedVariable conf_{"TRUSTX_CONF", file()};
    test::ScopedVariable device_{"TRUSTX_DEVICE"};
    test::ScopedVariable lock_directory_{"TRUSTX_LOCK_DIRECTORY"};
    test::ScopedVariable trace_{"TRUSTX_TRACE"};
    test::ScopedVariable trace_level_{"TRUSTX_TRACE_LEVEL"};
    test::ScopedVariable aws_identity_{"TRUSTX_AWS_IDENTITY"};
    test::ScopedVariable aws_state_{"TRUSTX_AWS_STATE"};
};

Settings resolved(const SettingOverrides& overrides = {}) {
    const auto settings = resolve_settings(overrides);
    INFO((settings ? std::string{} : settings.error().message()));
    REQUIRE(settings);
    return *settings;
}

SettingValues openssl_conf(const std::vector<std::pair<std::string, std::string>>& lines) {
    SettingValues values;
    for (const auto& [name, text] : lines) {
        REQUIRE(values.set(SettingLayer::openssl_conf, name, text, "openssl.cnf"));
    }
    return values;
}

// set_message is what a layer answers to a setting that it does not take.
std::string set_message(SettingLayer layer, const std::string& name, const std::string& text) {
    SettingValues values;
    const auto set = values.set(layer, name, text, "there");
    CHECK((values.find(name) != nullptr) == set.has_value());
    return set ? "" : set.error().message();
}

std::string refusal(const std::string& file_content) {
    const Surroundings surroundings{file_content};
    const auto settings = resolve_settings({});
    REQUIRE_FALSE(settings);
    CHECK(settings.error() == Errc::setting_invalid);
    CHECK_THAT(settings.error().message(), ContainsSubstring(surroundings.file() + ":"));
    return settings.error().message();
}

}  // namespace

TEST_CASE("without any setting the chip is on the first user bus", "[settings]") {
    const Surroundings surroundings;
    const Settings settings = resolved();
    CHECK(settings.address.text() == "i2c:/dev/i2c-1@0x30");
    CHECK(settings.source == "built-in default");
    CHECK(settings.options.lock_timeout == DeviceOptions{}.lock_timeout);
    CHECK(settings.options.lock_directory == DeviceOptions{}.lock_directory);
}

TEST_CASE("the first of command line, environment, openssl.cnf and file names the chip", "[settings]") {
    const Surroundings surroundings{"# the chip\ndevice = unix:/file\n"};
    CHECK(resolved().address.path == "/file");
    CHECK(resolved().source == surroundings.line(2));

    SettingOverrides overrides;
    overrides.openssl_conf = openssl_conf({{"device", "unix:/openssl"}});
    CHECK(resolved(overrides).address.path == "/openssl");
    CHECK(resolved(overrides).source == "openssl.cnf");

    const test::ScopedVariable device{"TRUSTX_DEVICE", "unix:/environment"};
    CHECK(resolved(overrides).address.path == "/environment");
    CHECK(resolved(overrides).source == "TRUSTX_DEVICE");

    overrides.command_line = "unix:/command-line";
    CHECK(resolved(overrides).address.path == "/command-line");
    CHECK(resolved(overrides).source == "--device");
}

TEST_CASE("an empty environment variable counts as not set", "[settings]") {
    const Surroundings surroundings{"device = unix:/file\nlock-directory = /locks\n"};
    const test::ScopedVariable device{"TRUSTX_DEVICE", ""};
    const test::ScopedVariable directory{"TRUSTX_LOCK_DIRECTORY", ""};
    const test::ScopedVariable trace{"TRUSTX_TRACE", ""};
    const test::ScopedVariable level{"TRUSTX_TRACE_LEVEL", ""};
    CHECK(resolved().address.path == "/file");
    CHECK(resolved().options.lock_directory == "/locks");
    CHECK_FALSE(resolved().options.keep_open);

    SettingOverrides overrides;
    overrides.openssl_conf = openssl_conf(
        {{"device", "unix:/c"}, {"lock-directory", "/c-locks"}, {"trace", "/c-trace"}, {"trace-level", "frames"}});
    CHECK(resolved(overrides).address.path == "/c");
    CHECK(resolved(overrides).options.lock_directory == "/c-locks");
    CHECK(resolved(overrides).options.trace.file == "/c-trace");
    CHECK(resolved(overrides).options.trace.level == TraceLevel::frames);
}

TEST_CASE("every setting comes from the first layer that has it", "[settings]") {
    const Surroundings surroundings{
        "lock-directory = /top\nlock-timeout-ms = 1\ncommand-timeout-ms = 1\ntrace = /top\ntrace-level = frames\n"
        "open = load\n"
        "[device a]\nlock-directory = /a\nlock-timeout-ms = 2\ndevice = unix:/a\n"};
    SettingOverrides overrides;
    overrides.device_name = "a";
    CHECK(resolved(overrides).options.lock_directory == "/a");
    CHECK(resolved(overrides).options.lock_timeout == 2ms);
    CHECK(resolved(overrides).options.trace.file == "/top");
    CHECK(resolved(overrides).options.keep_open);

    overrides.openssl_conf = openssl_conf({{"lock-directory", "/c"}, {"lock-timeout-ms", "3"}, {"trace", "/c"}});
    CHECK(resolved(overrides).options.lock_directory == "/c");
    CHECK(resolved(overrides).options.lock_timeout == 3ms);
    CHECK(resolved(overrides).options.command_timeout == 1ms);
    CHECK(resolved(overrides).options.trace.file == "/c");
    CHECK(resolved(overrides).options.trace.level == TraceLevel::frames);

    const test::ScopedVariable directory{"TRUSTX_LOCK_DIRECTORY", "/variable"};
    const test::ScopedVariable trace{"TRUSTX_TRACE", "variable"};
    const test::ScopedVariable level{"TRUSTX_TRACE_LEVEL", "transfers"};
    CHECK(resolved(overrides).options.lock_directory == "/variable");
    CHECK(resolved(overrides).options.lock_timeout == 3ms);
    CHECK(resolved(overrides).options.trace.file == "variable");
    CHECK(resolved(overrides).options.trace.level == TraceLevel::transfers);
}

TEST_CASE("the device in openssl.cnf is the default device, not one with a name", "[settings]") {
    const Surroundings surroundings{"[device a]\ndevice = unix:/a\n"};
    SettingOverrides overrides;
    overrides.openssl_conf = openssl_conf({{"device", "unix:/openssl"}, {"lock-directory", "/c"}});
    overrides.device_name = "a";
    CHECK(resolved(overrides).address.path == "/a");
    CHECK(resolved(overrides).options.lock_directory == "/c");
}

TEST_CASE("a setting takes the same values in openssl.cnf as in the settings file", "[settings]") {
    const auto [name, text] = GENERATE(table<std::string, std::string>({{"lock-timeout-ms", "0"},
                                                                        {"lock-timeout-ms", "600001"},
                                                                        {"command-timeout-ms", "3600000"},
                                                                        {"command-timeout-ms", "1s"},
                                                                        {"lock-directory", "locks"},
                                                                        {"lock-directory", ""},
                                                                        {"open", "later"},
                                                                        {"trace", "here"},
                                                                        {"trace-level", "all"},
                                                                        {"device", "usb:7"},
                                                                        {"lock_directory", "/locks"}}));
    CAPTURE(name, text);
    const auto in_openssl = set_message(SettingLayer::openssl_conf, name, text);
    CHECK_THAT(in_openssl, ContainsSubstring("there: ") && ContainsSubstring(name));
    // A message that lists the known settings has those of one of the two places alone as well.
    const auto without_those_of = [](SettingLayer here, SettingLayer there, std::string message) {
        const auto others = setting_names(there);
        for (const auto& known : setting_names(here)) {
            const auto at = message.find(", " + std::string{known});
            if (at != std::string::npos && std::ranges::find(others, known) == others.end()) {
                message.erase(at, known.size() + 2);
            }
        }
        return message;
    };
    CHECK(
        without_those_of(SettingLayer::file, SettingLayer::openssl_conf, set_message(SettingLayer::file, name, text)) ==
        without_those_of(SettingLayer::openssl_conf, SettingLayer::file, in_openssl));
}

TEST_CASE("the provider's own settings belong in openssl.cnf", "[settings]") {
    CHECK(set_message(SettingLayer::openssl_conf, "self-verify", "off").empty());
    CHECK(set_message(SettingLayer::openssl_conf, "library-context", "child").empty());
    CHECK_THAT(set_message(SettingLayer::openssl_conf, "self-verify", "perhaps"), ContainsSubstring("takes yes or no"));
    CHECK_THAT(set_message(SettingLayer::openssl_conf, "library-context", "own"),
               ContainsSubstring("takes isolated or child"));
    CHECK_THAT(set_message(SettingLayer::file, "self-verify", "off"), ContainsSubstring("unknown setting"));
    CHECK_THAT(set_message(SettingLayer::environment, "lock-timeout-ms", "1"), ContainsSubstring("unknown setting"));
}

TEST_CASE("what the environment gets wrong is named with its variable, also where it is overridden", "[settings]") {
    const Surroundings surroundings;
    const auto [name, text] = GENERATE(table<std::string, std::string>(
        {{"TRUSTX_LOCK_DIRECTORY", "locks"}, {"TRUSTX_TRACE_LEVEL", "all"}, {"TRUSTX_DEVICE", "usb:7"}}));
    const test::ScopedVariable variable{name, text};
    SettingOverrides overrides;
    overrides.command_line = "unix:/chip";
    const auto settings = resolve_settings(overrides);
    REQUIRE_FALSE(settings);
    CHECK_THAT(settings.error().message(), ContainsSubstring(name + ": ") && ContainsSubstring(text));
}

TEST_CASE("the file sets lock directory and time limits", "[settings]") {
    const Surroundings surroundings{"lock-directory = /var/lock/x\nlock-timeout-ms = 1\ncommand-timeout-ms=600000\n"};
    const Settings settings = resolved();
    CHECK(settings.options.lock_directory == "/var/lock/x");
    CHECK(settings.options.lock_timeout == 1ms);
    CHECK(settings.options.command_timeout == 600s);
}

TEST_CASE("the environment's lock directory comes before the file's", "[settings]") {
    const Surroundings surroundings{"lock-directory = /file\n"};
    const test::ScopedVariable directory{"TRUSTX_LOCK_DIRECTORY", "/environment"};
    CHECK(resolved().options.lock_directory == "/environment");
}

TEST_CASE("a device's section comes before the top of the file and inherits the rest", "[settings]") {
    const Surroundings surroundings{
        "device = unix:/top\n"
        "lock-timeout-ms = 5\n"
        "command-timeout-ms = 7\n"
        "[device gate 2]\n"
        "    device = unix:/gate\n"
        "    lock-timeout-ms = 9\n"};
    SettingOverrides overrides;
    overrides.device_name = "gate 2";
    const Settings settings = resolved(overrides);
    CHECK(settings.address.path == "/gate");
    CHECK(settings.source == surroundings.line(5));
    CHECK(settings.options.lock_timeout == 9ms);
    CHECK(settings.options.command_timeout == 7ms);
    CHECK(resolved().address.path == "/top");
    CHECK(resolved().options.lock_timeout == 5ms);
}

TEST_CASE("a device that no section describes is an error unless the address is known", "[settings]") {
    const Surroundings surroundings{"device = unix:/top\n[device a]\ndevice = unix:/a\n"};
    SettingOverrides overrides;
    overrides.device_name = "b";
    const auto settings = resolve_settings(overrides);
    REQUIRE_FALSE(settings);
    CHECK(settings.error() == Errc::setting_invalid);
    CHECK_THAT(settings.error().message(), ContainsSubstring("[device b]"));

    overrides.command_line = "unix:/known";
    CHECK(resolved(overrides).address.path == "/known");
}

TEST_CASE("a device name of the command line comes before the environment's device, and must be known", "[settings]") {
    const Surroundings surroundings{"device = unix:/top\n[device a]\ndevice = unix:/a\n[device b]\nopen = load\n"};
    const test::ScopedVariable device{"TRUSTX_DEVICE", "unix:/environment"};
    SettingOverrides overrides;
    overrides.device_name = "a";
    CHECK(resolved(overrides).address.path == "/environment");  // a key file's name
    overrides.device_name_from_command_line = true;
    CHECK(resolved(overrides).address.path == "/a");
    CHECK(resolved(overrides).source == surroundings.line(3));
    overrides.device_name = "b";
    CHECK(resolved(overrides).address.path == "/top");
    CHECK(resolved(overrides).options.keep_open);
    overrides.command_line = "unix:/command-line";
    CHECK(resolved(overrides).address.path == "/command-line");
    for (const std::string unknown : {"c", ""}) {
        overrides.device_name = unknown;
        const auto settings = resolve_settings(overrides);
        REQUIRE_FALSE(settings);
        CHECK(settings.error() == Errc::setting_invalid);
    }
}

TEST_CASE("what the settings file gets wrong is named with its line", "[settings]") {
    CHECK_THAT(refusal("\n\ndevise = x\n"), ContainsSubstring(".conf:3: unknown setting `devise`"));
    CHECK_THAT(refusal("lock-timeout-ms = 0\n"), ContainsSubstring(":1: `lock-timeout-ms` takes 1 to 600000"));
    CHECK_THAT(refusal("lock-timeout-ms = 600001\n"), ContainsSubstring("600001"));
    CHECK_THAT(refusal("command-timeout-ms = 10s\n"), ContainsSubstring("10s"));
    CHECK_THAT(refusal("command-timeout-ms = -1\n"), ContainsSubstring("-1"));
    CHECK_THAT(refusal("command-timeout-ms =\n"), ContainsSubstring("takes 1 to"));
    CHECK_THAT(refusal("command-timeout-ms = 99999999999999999999\n"), ContainsSubstring("takes 1 to"));
    CHECK_THAT(refusal("lock-directory = run/lock\n"), ContainsSubstring("absolute path"));
    CHECK_THAT(refusal("device = unix:/a\ndevice = unix:/b\n"), ContainsSubstring(":2: `device` is given twice"));
    CHECK_THAT(refusal("[devices]\ndevice = unix:/b\n"), ContainsSubstring("unknown section [devices]"));
    CHECK_THAT(refusal("[device ]\ndevice = unix:/b\n"), ContainsSubstring("unknown section"));
    CHECK_THAT(refusal("device = unix:/a\nnonsense\n"), ContainsSubstring(":2: "));
    CHECK_THAT(refusal("[device a\ndevice = unix:/a\n"), ContainsSubstring(":1: "));
    CHECK_THAT(refusal("device = unix:/" + std::string(300, 'a') + "\n"), ContainsSubstring("line is longer"));
    CHECK_THAT(refusal("[device " + std::string(60, 'a') + "]\ndevice = unix:/a\n"),
               ContainsSubstring("section's name is longer"));
    // The first mistake is the one that is reported.
    CHECK_THAT(refusal("a = 1\nb = 2\n"), ContainsSubstring("`a`"));
}

TEST_CASE("comments, blank lines and a missing last line break are fine", "[settings]") {
    const Surroundings surroundings{"; one\n# two\n\n  device = unix:/file ; three\n[device a]\ndevice=unix:/a"};
    CHECK(resolved().address.path == "/file");
    SettingOverrides overrides;
    overrides.device_name = "a";
    CHECK(resolved(overrides).address.path == "/a");
}

TEST_CASE("an address that cannot be read is reported with its source", "[settings]") {
    const Surroundings surroundings{"\ndevice = /dev/i2c-1@48\n"};
    const auto settings = resolve_settings({});
    REQUIRE_FALSE(settings);
    CHECK(settings.error() == Errc::address_invalid);
    CHECK_THAT(settings.error().message(),
               ContainsSubstring(surroundings.line(2)) && ContainsSubstring("/dev/i2c-1@48"));
}

TEST_CASE("a settings file that was asked for must be there and be a file", "[settings]") {
    const Surroundings surroundings;
    const test::TempDir directory;
    {
        const test::ScopedVariable conf{"TRUSTX_CONF", (directory / "missing.conf").string()};
        const auto settings = resolve_settings({});
        REQUIRE_FALSE(settings);
        CHECK(settings.error() == Errc::setting_invalid);
        CHECK_THAT(settings.error().message(), ContainsSubstring("TRUSTX_CONF") && ContainsSubstring("missing.conf"));
    }
    const test::ScopedVariable conf{"TRUSTX_CONF", directory.path().string()};
    const auto settings = resolve_settings({});
    REQUIRE_FALSE(settings);
    CHECK(settings.error() == errno_code(EISDIR));
}

TEST_CASE("a trace is asked for by the environment or the file", "[settings]") {
    const Surroundings surroundings{
        "trace = /var/log/all\ntrace-level = frames\n[device second]\ntrace = /var/log/second\n"};
    CHECK(resolved().options.trace.file == "/var/log/all");
    CHECK(resolved().options.trace.level == TraceLevel::frames);
    const Settings second = resolved({.command_line = "unix:/chip", .device_name = "second"});
    CHECK(second.options.trace.file == "/var/log/second");
    CHECK(second.options.trace.level == TraceLevel::frames);

    const test::ScopedVariable file{"TRUSTX_TRACE", "here"};
    CHECK(resolved().options.trace.file == "here");
    const test::ScopedVariable level{"TRUSTX_TRACE_LEVEL", "transfers"};
    CHECK(resolved().options.trace.level == TraceLevel::transfers);
}

TEST_CASE("nothing is traced unless a setting says so", "[settings]") {
    const Surroundings surroundings;
    CHECK(resolved().options.trace.file.empty());
    CHECK(resolved().options.trace.level == TraceLevel::apdu);
}

TEST_CASE("a trace setting that makes no sense is refused", "[settings]") {
    CHECK_THAT(refusal("trace = relative/path\n"), ContainsSubstring("absolute path"));
    CHECK_THAT(refusal("trace-level = all\n"), ContainsSubstring("apdu, frames and transfers"));
    const Surroundings surroundings;
    const test::ScopedVariable level{"TRUSTX_TRACE_LEVEL", "all"};
    const auto settings = resolve_settings({});
    REQUIRE_FALSE(settings);
    CHECK(settings.error() == Errc::setting_invalid);
    CHECK_THAT(settings.error().message(), ContainsSubstring("TRUSTX_TRACE_LEVEL"));
}

TEST_CASE("the file names the lines of the chip that it names", "[settings]") {
    const Surroundings surroundings{
        "device = /dev/i2c-1\nreset-line = gpiochip0:17\nsupply-line = PWR:active-low\n"
        "[device second]\ndevice = /dev/i2c-3\nreset-line = R2\n"};
    const auto first = resolved().address;
    CHECK(first.text() == "i2c:/dev/i2c-1@0x30,reset=/dev/gpiochip0:17,supply=PWR:active-low");
    CHECK(resolved({.device_name = "second"}).address.text() == "i2c:/dev/i2c-3@0x30,reset=R2");
    // However the program came to its device: the lines are the chip's.
    CHECK(resolved({.command_line = "/dev/i2c-3"}).address.text() == "i2c:/dev/i2c-3@0x30,reset=R2");
    CHECK(resolved({.command_line = "/dev/i2c-1@0x30,reset=OTHER"}).address.text() ==
          "i2c:/dev/i2c-1@0x30,reset=OTHER,supply=PWR:active-low");
    // Another chip is not reset by them.
    for (const char* other : {"/dev/i2c-1@0x31", "/dev/i2c-2", "unix:/dev/i2c-1"}) {
        CAPTURE(other);
        const auto address = resolved({.command_line = other}).address;
        CHECK_FALSE(address.reset_line);
        CHECK_FALSE(address.supply_line);
    }
}

TEST_CASE("without a device the file's lines are those of the default device", "[settings]") {
    const Surroundings surroundings{"reset-line = GPIO17\n"};
    CHECK(resolved().address.text() == "i2c:/dev/i2c-1@0x30,reset=GPIO17");
}

TEST_CASE("a line that cannot be read is refused", "[settings]") {
    CHECK_THAT(refusal("reset-line = gpiochip0:\n"), ContainsSubstring("reset-line"));
    CHECK(!set_message(SettingLayer::openssl_conf, "reset-line", "GPIO17").empty());
}

TEST_CASE("settings of programs alone are read by the same layers, and refused in openssl.cnf", "[settings]") {
    const Surroundings surroundings{
        "aws-identity = /top\naws-state = /top-state\n[device second]\naws-identity = /second\n"};
    const auto identity = [](const SettingOverrides& overrides) {
        const auto values = resolve_values(overrides);
        REQUIRE(values);
        REQUIRE(values->find("aws-identity") != nullptr);
        CHECK(values->find("lock-directory") == nullptr);
        return *values->find("aws-identity");
    };
    CHECK(identity({}).text == "/top");
    CHECK(identity({}).source == surroundings.line(1));
    CHECK(identity({.device_name = "second"}).text == "/second");
    CHECK(resolve_values({.device_name = "second"}).value().find("aws-state")->text == "/top-state");
    const test::ScopedVariable variable{"TRUSTX_AWS_IDENTITY", "variable"};
    CHECK(identity({.device_name = "second"}).text == "variable");
    CHECK(resolve_values({.device_name = "third"}).error() == Errc::setting_invalid);
    CHECK_THAT(set_message(SettingLayer::openssl_conf, "aws-identity", "/x"), ContainsSubstring("unknown setting"));
    CHECK_THAT(refusal("aws-state = here\n"), ContainsSubstring("absolute path"));
}
