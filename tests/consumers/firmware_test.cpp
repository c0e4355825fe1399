// SPDX-License-Identifier: Apache-2.0
// Programs that check what a gateway is to install, and whose signer's certificate is by the authority in a trust
// anchor of the chip (verify-anchors): RAUC, SWUpdate, and `openssl cms`. Each asks the chip, and refuses
// everything when the chip holds another authority.
#include "host.hpp"
#include "support/catch.hpp"
#include "support/swupdate.hpp"

#include <functional>

using namespace trustx::test;

namespace {

// Verifier is a program with something that is signed.
struct Verifier {
    std::string name;
    std::function<Outcome(const Environment&)> run;
    std::string success;          // is in its output when it accepts
    bool exit_code_tells = true;  // SWUpdate's is 0 or 1, whatever it found
    int verifications = 1;        // by the authority's key
};

void must(const std::string& program, const Arguments& arguments, const Environment& environment,
          const std::optional<std::string>& input = {}, const std::filesystem::path& directory = {}) {
    const auto outcome = run(program, arguments, {.environment = environment, .input = input, .directory = directory});
    INFO(program << ": " << outcome.both());
    REQUIRE(outcome.ok());
}

std::string digest_of(const std::filesystem::path& file, const Environment& environment) {
    const auto outcome = run("sha256sum", {file}, {.environment = environment, .input = ""});
    return outcome.out.substr(0, 64);
}

Verifier rauc(const Host& host, const Identity& signer) {
    const auto content = host.path("bundle");
    std::filesystem::create_directory(content);
    write_file(content / "rootfs.img", "hello\n");
    write_file(
        content / "manifest.raucm",
        "[update]\ncompatible=gateway\nversion=1\n[bundle]\nformat=plain\n[image.rootfs]\nfilename=rootfs.img\n");
    const auto bundle = host.path("update.raucb");
    must("rauc", {"--cert", signer.certificate, "--key", signer.key, "bundle", content, bundle},
         host.plain_environment());
    return {"RAUC",
            [root = host.ca(), bundle](const Environment& environment) {
                return run("rauc", {"--keyring", root, "info", bundle}, {.environment = environment, .input = ""});
            },
            "Compatible", true, 2};  // it verifies, and then makes the chain once more to print it
}

Verifier openssl_cms(const Host& host, const Identity& signer) {
    const auto content = host.path("image");
    const auto signature = host.path("image.sig");
    write_file(content, "hello\n");
    must("openssl",
         {"cms", "-sign", "-binary", "-in", content, "-out", signature, "-outform", "DER", "-signer",
          signer.certificate, "-inkey", signer.key},
         host.plain_environment());
    return {"openssl cms",
            [root = host.ca(), content, signature](const Environment& environment) {
                return run("openssl",
                           {"cms", "-verify", "-binary", "-inform", "DER", "-in", signature, "-content", content,
                            "-CAfile", root, "-purpose", "any", "-out", "/dev/null"},
                           {.environment = environment, .input = ""});
            },
            ""};
}

// SWUpdate's image is a cpio archive that begins with its description and the signature over that.
Verifier swupdate(const Host& host, const Identity& signer) {
    const auto directory = host.path("swupdate");
    std::filesystem::create_directory(directory);
    const auto plain = host.plain_environment();
    write_file(directory / "rootfs.img", "hello\n");
    write_file(directory / "sw-description",
               "software = { version = \"1.0\"; hardware-compatibility = [ \"1.0\" ]; images: ( { filename = "
               "\"rootfs.img\"; device = \"/nonexistent\"; type = \"raw\"; sha256 = \"" +
                   digest_of(directory / "rootfs.img", plain) + "\"; } ); }\n");
    must("openssl",
         {"cms", "-sign", "-binary", "-nosmimecap", "-in", directory / "sw-description", "-out",
          directory / "sw-description.sig", "-outform", "DER", "-signer", signer.certificate, "-inkey", signer.key},
         plain);
    const auto image = directory / "update.swu";
    must("cpio", {"-o", "-H", "crc", "-O", image}, plain, "sw-description\nsw-description.sig\nrootfs.img\n",
         directory);
    return {"SWUpdate",
            [root = host.ca(), image, directory](Environment environment) {
                // Where its sockets and files are.
                environment["TMPDIR"] = directory.string();
                environment["RUNTIME_DIRECTORY"] = directory.string();
                return run("swupdate",
                           {"-c", "-H", "gateway:1.0", "-i", image, "-k", root, "--cert-purpose", "emailProtection"},
                           {.environment = environment, .input = ""});
            },
            "SWUPDATE successful", false};
}

bool accepts(const Verifier& verifier, const Outcome& outcome) {
    return (outcome.ok() || !verifier.exit_code_tells) && outcome.both().find(verifier.success) != std::string::npos;
}

}  // namespace

TEST_CASE("what verifies firmware ends its chain in the trust anchor of the chip, or refuses", "[consumers]") {
    const auto curve = GENERATE(from_range(both_curves));
    Host host{curve};
    const auto signer = host.software_signer(curve);
    std::vector<Verifier> verifiers{rauc(host, signer), openssl_cms(host, signer)};
    if (swupdate_uses_openssl()) {
        verifiers.push_back(swupdate(host, signer));
    } else {
        WARN("this SWUpdate does not use OpenSSL, and so not the chip");
    }
    for (const auto& verifier : verifiers) {
        const auto outcome = verifier.run(host.plain_environment());
        INFO(verifier.name << " without the chip: " << outcome.both());
        REQUIRE(accepts(verifier, outcome));
    }
    host.trust_by_chip();
    for (const auto arrangement : every_configuration) {
        for (const auto& verifier : verifiers) {
            static_cast<void>(host.counters());
            const auto outcome = verifier.run(host.environment(arrangement));
            INFO(curve << " " << name_of(arrangement) << " " << verifier.name << ": " << outcome.both());
            CHECK(accepts(verifier, outcome));
            CHECK(host.verifications() == verifier.verifications);
        }
    }
    host.distrust();
    for (const auto arrangement : {Arrangement::default_first, Arrangement::trustx_preferred}) {
        for (const auto& verifier : verifiers) {
            const auto outcome = verifier.run(host.environment(arrangement));
            INFO(curve << " " << name_of(arrangement) << " " << verifier.name << ": " << outcome.both());
            CHECK_FALSE(accepts(verifier, outcome));
        }
    }
}
