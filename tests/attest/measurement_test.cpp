// SPDX-License-Identifier: Apache-2.0
// What is measured of a system, where it is found, and what becomes of what is not there.
#include "attest/settings.hpp"
#include "attest/verity.hpp"
#include "common/files/input_error.hpp"
#include "fake_system.hpp"
#include "support/build_tree.hpp"
#include "support/catch.hpp"

#include <set>

#include <sys/stat.h>

using namespace trustx;
using namespace trustx::attest;
using namespace trustx::test;

namespace {

constexpr const char* a_hash = "1111111111111111111111111111111111111111111111111111111111111111";

std::set<std::string> names_of(const Measurement& measured) {
    std::set<std::string> names;
    for (const auto& [name, digest] : measured.components) {
        names.insert(name);
    }
    return names;
}

Measurement must(Result<Measurement> measured) {
    INFO((measured ? "" : measured.error().message()));
    REQUIRE(measured);
    return *std::move(measured);
}

}  // namespace

TEST_CASE("the start of a system is measured: kernel, initrd, command line", "[attest]") {
    const FakeSystem system;
    const auto measured = must(system.measured());
    CHECK(measured.boot_id == FakeSystem::boot_id);
    CHECK(measured.uptime == 12);
    CHECK(names_of(measured) == std::set<std::string>{"kernel", "initrd", "command-line"});
    CHECK(measured.components.at("kernel") == sha256(std::string_view{"kernel"}));
    CHECK(measured.components.at("command-line") == sha256(std::string_view{FakeSystem::command_line}));
    CHECK(measured.notes.empty());
    CHECK_FALSE(measured.ima);
}

TEST_CASE("a Raspberry Pi's boot directory and device tree are measured, but for what differs at each start",
          "[attest]") {
    const FakeSystem system;
    system.put("boot/firmware/kernel8.img", "kernel");
    system.put("sys/firmware/devicetree/base/model", "Raspberry Pi");
    const auto before = must(system.measured());
    CHECK(names_of(before) == std::set<std::string>{"kernel", "initrd", "command-line", "boot", "device-tree"});
    system.put("sys/firmware/devicetree/base/chosen/rng-seed", "random");
    system.put("sys/firmware/devicetree/base/serial-number", "1000000012345678");
    CHECK(must(system.measured()).components == before.components);
    system.put("sys/firmware/devicetree/base/soc/chosen", "another");
    CHECK(must(system.measured()).components.at("device-tree") != before.components.at("device-tree"));
}

TEST_CASE("files and directories of the list are measured, and what is missing is told", "[attest]") {
    const FakeSystem system;
    const auto measured = must(system.measured({.paths = {"/etc/gateway", "/etc/gateway/settings", "/etc/none"}}));
    CHECK(measured.components.at("/etc/gateway/settings") == sha256(std::string_view{"interval = 30\n"}));
    REQUIRE(measured.trees.contains("/etc/gateway"));
    CHECK(measured.trees.at("/etc/gateway").contains("bin/run"));
    CHECK(digest_of(measured.trees.at("/etc/gateway")) == measured.components.at("/etc/gateway"));
    CHECK_FALSE(measured.components.contains("/etc/none"));
    REQUIRE(measured.notes.size() == 1);
    CHECK(measured.notes.front() == "/etc/none is not there, and not measured");

    const auto relative = system.measured({.paths = {"etc"}});
    REQUIRE_FALSE(relative);
    CHECK(relative.error() == InputErrc::usage);
}

TEST_CASE("of a file by itself the mode is measured beside its content", "[attest]") {
    const FakeSystem system;
    const auto measured = [&] { return must(system.measured({.paths = {"/etc/gateway/bin/run"}})); };
    REQUIRE(::chmod(system.at("etc/gateway/bin/run").c_str(), 0755) == 0);
    const auto before = measured();
    CHECK(names_of(before) == std::set<std::string>{"kernel", "initrd", "command-line", "/etc/gateway/bin/run",
                                                    "mode/etc/gateway/bin/run"});
    CHECK(before.components.at("mode/etc/gateway/bin/run") == sha256(std::string_view{"f 0755 - .\n"}));
    CHECK(before.trees.at("mode/etc/gateway/bin/run") == Entries{{".", "f 0755 -"}});
    REQUIRE(::chmod(system.at("etc/gateway/bin/run").c_str(), 04777) == 0);
    const auto after = measured();
    CHECK(after.trees.at("mode/etc/gateway/bin/run") == Entries{{".", "f 4777 -"}});
    CHECK(after.components.at("/etc/gateway/bin/run") == before.components.at("/etc/gateway/bin/run"));
}

TEST_CASE("what cannot be measured hides nothing else", "[attest]") {
    const FakeSystem system;
    system.put("srv/large", std::string(100, 'x'));
    std::filesystem::create_symlink("loop", system.at("loop"));
    const auto measured =
        must(system.measured({.paths = {"/srv", "/loop", "/etc/gateway/settings"}, .limits = {.bytes = 99}}));
    CHECK(names_of(measured) == std::set<std::string>{"kernel", "initrd", "command-line", "/etc/gateway/settings",
                                                      "mode/etc/gateway/settings"});
    REQUIRE(measured.failures.size() == 2);
    CHECK(measured.failures[0] == InputErrc::refused);
    CHECK_THAT(measured.failures[0].operation(), ContainsSubstring("/srv has more than 99 bytes"));
    CHECK(measured.failures[1] == InputErrc::unreadable);
    CHECK(must(system.measured({.paths = {"/srv"}})).failures.empty());
}

TEST_CASE("a missing kernel image is told, and another one can be named", "[attest]") {
    const FakeSystem system;
    std::filesystem::remove(system.at("boot/vmlinuz-6.1.0-test"));
    CHECK_FALSE(must(system.measured()).components.contains("kernel"));
    system.put("boot/Image", "other");
    CHECK(must(system.measured({.kernel = "/boot/Image"})).components.at("kernel") ==
          sha256(std::string_view{"other"}));
    // A release that leads elsewhere is no part of a name.
    system.put("proc/sys/kernel/osrelease", "x/../../etc/gateway/settings\n");
    const auto measured = must(system.measured());
    CHECK_FALSE(measured.components.contains("kernel"));
    CHECK(measured.notes.size() == 2);
}

TEST_CASE("without a boot id nothing is measured", "[attest]") {
    const FakeSystem system;
    system.put("proc/sys/kernel/random/boot_id", "none\n");
    const auto measured = system.measured();
    REQUIRE_FALSE(measured);
    CHECK(measured.error() == InputErrc::malformed);
}

TEST_CASE("the kernel's IMA log is measured, and one that does not add up is an error", "[attest]") {
    const FakeSystem system;
    const std::string place = "sys/kernel/security/ima/binary_runtime_measurements";
    auto log = read_file(source_directory() / "tests/attest/ima-recorded");
    system.put(place, log);
    Bytes copy;
    const auto measured = attest::measure_system(
        system.roots(), {}, [](const auto&) { return std::optional<std::string>{}; }, &copy);
    REQUIRE(measured);
    REQUIRE(measured->ima);
    CHECK(measured->ima->entries.size() == 15);
    CHECK(std::string(copy.begin(), copy.end()) == log);
    log[log.size() - 2] ^= 1;
    system.put(place, log);
    CHECK_FALSE(system.measured());
}

TEST_CASE("root hashes of dm-verity are the kernel's, or else the command line's word", "[attest]") {
    const FakeSystem system;
    const auto hash = std::string{a_hash};
    system.put("proc/cmdline", "roothash=" + hash + " usrhash=short\n");
    CHECK(hex(must(system.measured()).components.at("dm-verity/root")) == hash);
    CHECK_FALSE(must(system.measured()).components.contains("dm-verity/usr"));

    std::filesystem::create_directories(system.at("sys/block/dm-0"));
    std::vector<std::string> asked;
    const auto other = std::string(64, '2');
    const auto measured = attest::measure_system(system.roots(), {}, [&](const auto& words) {
        asked = words;
        return std::optional{"rootfs: 0 204800 verity 1 8:1 8:2 4096 4096 25600 1 sha256 " + other +
                             " 00ff\nx: 0 1 linear\n"};
    });
    REQUIRE(measured);
    CHECK(asked == std::vector<std::string>{"dmsetup", "table", "--target", "verity"});
    CHECK(hex(measured->components.at("dm-verity/rootfs")) == other);
    CHECK_FALSE(measured->components.contains("dm-verity/root"));
}

TEST_CASE("the firmware's version is told by a text, a file, os-release or RAUC", "[attest]") {
    const FakeSystem system;
    const auto version = [&](const FirmwareSource& source) {
        system.put("etc/version", "1.4.0\nmore\n");
        system.put("etc/os-release", "ID=gateway\nVERSION_ID=\"12\"\nIMAGE_VERSION='7.2'\n");
        const auto found = firmware_version(system.roots(), source, [](const auto&) {
            return std::optional<std::string>{
                R"({"slots": [{"rootfs.0": {"state": "inactive", "slot_status": {"bundle": {"version": "1"}}}},
                              {"rootfs.1": {"state": "booted", "slot_status": {"bundle": {"version": "2"}}}}]})"};
        });
        REQUIRE(found);
        return found->value_or("none");
    };
    CHECK(version({}) == "none");
    CHECK(version({.text = "3"}) == "3");
    CHECK(version({.file = "/etc/version"}) == "1.4.0");
    CHECK(version({.file = "/etc/os-release"}) == "7.2");
    CHECK(version({.rauc = true}) == "2");
    CHECK_FALSE(rauc_version("{}"));
    CHECK_FALSE(rauc_version("[1"));
    CHECK_FALSE(rauc_version(R"({"slots": [{"a": {"state": "booted"}}, 1]})"));
    CHECK_FALSE(firmware_version(system.roots(), {.file = "/etc/none"}, {}));
}

TEST_CASE("attest.conf is read strictly, and says where it is wrong", "[attest]") {
    const auto settings = parse_settings(
        "# what is measured\nmeasure = /etc/gateway\n\n measure=/usr/lib/gateway  \n"
        "key = E0F1\ncertificate = /c.pem\nfirmware-version-from = rauc\n",
        "attest.conf");
    REQUIRE(settings);
    CHECK(settings->measured.paths == std::vector<std::string>{"/etc/gateway", "/usr/lib/gateway"});
    CHECK(settings->key == "E0F1");
    CHECK(settings->certificate == "/c.pem");
    CHECK(settings->firmware.rauc);
    for (const auto* wrong :
         {"measure\n", "\nmeasured = /etc\n", "key = a\nkey = b\n", "kernel =\n", "firmware-version-from = apt\n",
          "firmware-version = 1\nfirmware-version-from = rauc\n", "measure = /a\x01\n"}) {
        const auto refused = parse_settings(wrong, "attest.conf");
        CAPTURE(wrong);
        REQUIRE_FALSE(refused);
        CHECK(refused.error() == InputErrc::malformed);
        CHECK(refused.error().operation().starts_with("attest.conf"));
    }
}
