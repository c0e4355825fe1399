// SPDX-License-Identifier: Apache-2.0
// SWUpdate writes an image where the chip's trust anchor vouches for its signer and the chip allows its version, and
// nowhere else.
#include "support/swupdate.hpp"

#include "gateway.hpp"
#include "support/catch.hpp"

#include <filesystem>

using namespace trustx::test;

namespace {

const std::string content(100000, 'i');

// Target is what SWUpdate's handler `raw` writes to, with the sample of its settings.
class Target {
 public:
    explicit Target(const Gateway& gateway) : gateway_{gateway} {
        for (const auto* name : {"image", "work"}) {
            std::filesystem::create_directory(gateway.chip.path(name));
        }
        gateway.chip.write("image/rootfs.img", content);
        gateway.chip.write("settings", sample("swupdate-lowest-version",
                                              {{"/etc/swupdate/firmware-root.pem", gateway.authority.certificate()}}));
        clear();
    }

    // image makes an image of that version; without a signer it is not signed.
    [[nodiscard]] std::string image(const Signer* signer, const std::string& version) const {
        const auto directory = gateway_.chip.path("image");
        const auto digest = must_run("sha256sum", {directory + "/rootfs.img"}).out.substr(0, 64);
        gateway_.chip.write("image/sw-description",
                            "software = { version = \"" + version +
                                "\"; hardware-compatibility = [ \"1.0\" ]; images: ( { filename = \"rootfs.img\"; "
                                "device = \"" +
                                path() + "\"; type = \"raw\"; sha256 = \"" + digest + "\"; } ); }\n");
        std::string files = "sw-description\n";
        if (signer != nullptr) {
            openssl({"cms", "-sign", "-binary", "-nosmimecap", "-in", directory + "/sw-description", "-out",
                     directory + "/sw-description.sig", "-outform", "DER", "-signer", signer->certificate, "-inkey",
                     signer->key});
            files += "sw-description.sig\n";
        }
        const auto image = gateway_.chip.path("update.swu");
        must_run("cpio", {"-o", "-H", "crc", "-O", image}, {.input = files + "rootfs.img\n", .directory = directory});
        return image;
    }

    // install runs SWUpdate as its service does, with the settings of the sample. Neither its exit code nor its last
    // words tell reliably what came of it.
    [[nodiscard]] Outcome install(const std::string& image, Environment environment) const {
        environment["TMPDIR"] = gateway_.chip.path("work");
        environment["RUNTIME_DIRECTORY"] = gateway_.chip.path("work");
        constexpr int most_attempts = 10;
        Outcome outcome;
        for (int attempt = 0; attempt < most_attempts; ++attempt) {
            outcome = run("sh",
                          {"-c", "SWUPDATE_ARGS=-v; . " + gateway_.chip.path("settings") +
                                     "; exec swupdate $SWUPDATE_ARGS -M -m -H gateway:1.0 -i " + image},
                          {.environment = environment, .input = ""});
            if (!swupdate_ended_early(outcome)) {
                break;
            }
            static_cast<void>(gateway_.commands());
        }
        return outcome;
    }

    [[nodiscard]] bool written() const { return read_file(path()) == content; }
    [[nodiscard]] bool untouched() const { return read_file(path()) == std::string(content.size(), '\0'); }
    void clear() const { gateway_.chip.write("target", std::string(content.size(), '\0')); }
    [[nodiscard]] std::string path() const { return gateway_.chip.path("target"); }

 private:
    const Gateway& gateway_;
};

}  // namespace

TEST_CASE("SWUpdate writes what the chip's trust anchor vouches for, by one verification in the chip", "[firmware]") {
    if (!swupdate_uses_openssl()) {
        WARN("this system's SWUpdate does not use OpenSSL, and nothing asks the chip");
        return;
    }
    const Gateway gateway;
    const Target target{gateway};
    for (const auto* version : {"7", "5", "10"}) {
        target.clear();
        static_cast<void>(gateway.commands());
        const auto outcome = target.install(target.image(&gateway.signer, version), gateway.environment());
        INFO(version << ": " << outcome.both());
        CHECK(target.written());
        CHECK(gateway.commands()["VerifySign"] == 1);
    }
    CHECK(gateway.chip.private_key_uses() == 0);
}

TEST_CASE("SWUpdate writes nothing that is not signed so, or too old", "[firmware]") {
    if (!swupdate_uses_openssl()) {
        WARN("this system's SWUpdate does not use OpenSSL, and nothing asks the chip");
        return;
    }
    const Gateway gateway;
    const Target target{gateway};
    const auto refuse = [&](const char* what, const std::string& image) {
        const auto outcome = target.install(image, gateway.environment());
        INFO(what << ": " << outcome.both());
        CHECK(target.untouched());
    };
    refuse("not signed", target.image(nullptr, "7"));
    refuse("signed by a stranger", target.image(&gateway.stranger, "7"));
    refuse("signed by somebody whose certificate has expired", target.image(&gateway.former, "7"));
    refuse("signed with a certificate for TLS", target.image(&gateway.device, "7"));
    refuse("signed with a certificate for e-mail", target.image(&gateway.mailer, "7"));
    refuse("older than what the chip allows", target.image(&gateway.signer, "4"));
    const auto image = target.image(&gateway.signer, "7");
    auto bytes = read_file(image);
    bytes[bytes.find(content.substr(0, 1000)) + 500] = 'x';
    write_file(image, bytes);
    refuse("changed after it was signed", image);
}

TEST_CASE("SWUpdate writes nothing whose version it cannot compare with the lowest", "[firmware]") {
    if (!swupdate_uses_openssl()) {
        WARN("this system's SWUpdate does not use OpenSSL, and nothing asks the chip");
        return;
    }
    const Gateway gateway;
    const Target target{gateway};
    const auto attempt = [&](const std::string& version) {
        static_cast<void>(gateway.commands());
        return target.install(target.image(&gateway.signer, version), gateway.environment());
    };
    const auto refuse = [&](const std::string& version) {
        const auto outcome = attempt(version);
        INFO(version << ": " << outcome.both());
        CHECK(target.untouched());
        // It is the version that is refused, and not the signature.
        CHECK(gateway.commands()["VerifySign"] == 1);
    };
    const auto accept = [&](const std::string& version) {
        target.clear();
        const auto outcome = attempt(version);
        INFO(version << ": " << outcome.both());
        CHECK(target.written());
        target.clear();
    };
    for (const auto* version : {"abc", "v1", "v9.4", "6x", "", "~", "5-rc1", "4294967300", "2147483648"}) {
        refuse(version);
    }
    accept("2147483647");
    gateway.chip.must({"firmware", "version", "--raise", "20261130"});
    for (const auto* version : {"7", "65535", "20261129", "3x", "8-rc1", "v1"}) {
        refuse(version);
    }
    accept("20261130");
    // The largest, and one for which another one, of 32 bits, would be taken.
    gateway.chip.must({"firmware", "version", "--raise", "2147483647"});
    refuse("2147483646");
    accept("2147483647");
    gateway.chip.must({"firmware", "version", "--raise", "2147483648"});
    for (const auto* version : {"2147483648", "1999999999", "5"}) {
        const auto outcome = attempt(version);
        INFO(version << ": " << outcome.both());
        CHECK(target.untouched());
        CHECK(outcome.status == 1);
        CHECK_THAT(outcome.err, ContainsSubstring("SWUpdate compares versions up to 2147483647"));
        CHECK(gateway.commands()["VerifySign"] == 0);
    }
}

TEST_CASE("SWUpdate writes nothing without the chip, or when the chip holds another authority", "[firmware]") {
    if (!swupdate_uses_openssl()) {
        WARN("this system's SWUpdate does not use OpenSSL, and nothing asks the chip");
        return;
    }
    Gateway gateway;
    const Target target{gateway};
    const auto image = target.image(&gateway.signer, "7");
    // The file with the old authority alone lets it in, where nobody asks the chip.
    const auto plain = target.install(image, gateway.plain_environment());
    INFO("without the provider: " << plain.both());
    REQUIRE(target.written());
    target.clear();
    const auto refuse = [&](const char* why) {
        const auto outcome = target.install(image, gateway.environment());
        INFO(why << ": " << outcome.both());
        CHECK(target.untouched());
    };
    const auto zero = gateway.chip.write("zero", std::string(1, '\0'));
    gateway.replace_authority();
    refuse("another authority");
    gateway.chip.must({"object", "write", "E0EF", zero, "--force"});
    refuse("no authority");
    gateway.chip.must({"anchor", "write", "E0EF", gateway.authority.certificate(), "--force"});
    gateway.chip.must({"object", "write", "F1DC", zero});
    refuse("no lowest version");
    gateway.chip.must({"firmware", "version", "--raise", "5"});
    static_cast<void>(target.install(image, gateway.environment()));
    CHECK(target.written());
    target.clear();
    gateway.chip.simulator.kill9();
    refuse("no chip");
}
