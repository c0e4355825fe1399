// SPDX-License-Identifier: Apache-2.0
// trustx firmware sign and verify: what is let in and what is not, each with its exit code, with openssl as the other
// side of both.
#include "signed_firmware.hpp"
#include "support/build_tree.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <filesystem>

using namespace trustx::test;

namespace {

// The exit codes of trustx(1).
constexpr int refused = 1;
constexpr int unreachable = 3;
constexpr int file = 4;
constexpr int mismatch = 5;
constexpr int nothing_there = 6;
constexpr int not_trusted = 26;
constexpr int expired = 27;
constexpr int altered = 28;
constexpr int too_old = 29;

bool accepts(const Outcome& outcome) {
    INFO(outcome.both());
    CHECK((outcome.status == 0) == (outcome.out.find("verified, signed by CN=") != std::string::npos));
    return outcome.status == 0;
}

void append(const std::string& path, const std::string& more) {
    write_file(path, read_file(path) + more);
}

}  // namespace

TEST_CASE("firmware is let in by one verification in the chip, and no private key is used", "[firmware]") {
    const SignedFirmware firmware;
    const auto outcome = firmware.verify({"--name", "gateway"});
    INFO(outcome.both());
    CHECK(accepts(outcome));
    CHECK_THAT(outcome.out, ContainsSubstring("gateway 1.4.2 (version 7): 2 files"));
    auto commands = firmware.commands();
    CHECK(commands["VerifySign"] == 1);
    CHECK(commands["CalcHash"] == 0);
    CHECK(firmware.chip.private_key_uses() == 0);

    const auto answer = nlohmann::json::parse(firmware.verify({"--json"}).out);
    CHECK(answer.at("version") == 7);
    CHECK(answer.at("lowestVersion") == 5);
    CHECK(answer.at("files") == nlohmann::json{"rootfs.img", "kernel.img"});
}

TEST_CASE("openssl verifies what trustx signed, and trustx what openssl signed", "[firmware]") {
    const SignedFirmware firmware;
    openssl({"cms", "-verify", "-binary", "-inform", "DER", "-in", firmware.manifest() + ".p7s", "-content",
             firmware.manifest(), "-CAfile", firmware.authority.certificate(), "-purpose", "any", "-out", "/dev/null"});
    firmware.sign_with_openssl(firmware.signer);
    CHECK(accepts(firmware.verify()));
    CHECK(firmware.commands()["VerifySign"] == 1);
}

TEST_CASE("a key in the chip signs firmware, with one use of it", "[firmware]") {
    SignedFirmware firmware;
    const auto configuration = (program("trustx").parent_path().parent_path() / "conf/openssl-trustx.cnf").string();
    const ProcessOptions with_provider{.environment = {{"OPENSSL_CONF", configuration}}};
    firmware.chip.must({"keygen", "E0F1", "--out", firmware.chip.path("chip-key.pem")});
    auto environment = foreign_program_environment();
    environment["OPENSSL_CONF"] = configuration;
    environment["TRUSTX_DEVICE"] = firmware.chip.simulator.address();
    environment["TRUSTX_LOCK_DIRECTORY"] = firmware.chip.files.path();
    const auto made = run("openssl",
                          {"req", "-new", "-key", firmware.chip.path("chip-key.pem"), "-subj", "/CN=line", "-out",
                           firmware.chip.path("line.csr")},
                          {.environment = environment});
    INFO(made.both());
    REQUIRE(made.ok());
    const auto certificate = firmware.authority.issue(firmware.chip.path("line.csr"), for_code);
    firmware.chip.must({"cert", "write", "E0E1", certificate, "--key", "chip-key.pem"});
    const auto key = GENERATE(as<std::string>{}, "chip-key.pem", "trustx:E0F1");
    firmware.chip.simulator.reset_stats();
    firmware.chip.must({"firmware", "sign", "--name", "gateway", "--number", "9", "--text", "1.5", "--key", key,
                        "--certificate", certificate, "--out", firmware.manifest(), "update/rootfs.img"},
                       with_provider);
    CHECK(firmware.chip.private_key_uses() == 1);
    CHECK(accepts(firmware.verify()));
}

TEST_CASE("an authority between the signer and the anchor comes with the signature", "[firmware]") {
    SignedFirmware firmware;
    const auto between = firmware.make_signer(firmware.authority, "between",
                                              "basicConstraints = critical,CA:TRUE\nkeyUsage = keyCertSign\n");
    const auto request = firmware.chip.path("leaf.csr");
    const auto leaf = firmware.chip.shell(
        "printf '" + std::string{"basicConstraints=CA:FALSE\\nextendedKeyUsage=codeSigning\\n"} +
        "' >leaf.ext; openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-384 -noenc -batch -subj /CN=leaf "
        "-keyout "
        "leaf-key.pem -out " +
        request + " && openssl x509 -req -in " + request + " -CA " + between.certificate + " -CAkey " + between.key +
        " -days 3650 -extfile leaf.ext -out leaf.pem && cat leaf.pem " + between.certificate + " >chain.pem");
    INFO(leaf.both());
    REQUIRE(leaf.ok());
    firmware.sign({firmware.chip.path("chain.pem"), firmware.chip.path("leaf-key.pem")});
    CHECK(accepts(firmware.verify()));
    CHECK(firmware.commands()["VerifySign"] == 1);
    firmware.sign({firmware.chip.path("leaf.pem"), firmware.chip.path("leaf-key.pem")});
    firmware.refuse(not_trusted, {"CN=leaf", "unable to get local issuer certificate"});
}

TEST_CASE("an authority for something else vouches for no signer, whatever it calls him", "[firmware]") {
    SignedFirmware firmware;
    const auto leaf_of = [&firmware](const std::string& purposes) {
        const auto between = firmware.make_signer(
            firmware.authority, "between", "basicConstraints = critical,CA:TRUE\nkeyUsage = keyCertSign\n" + purposes);
        const auto made = firmware.chip.shell(
            "printf 'basicConstraints=CA:FALSE\\nextendedKeyUsage=codeSigning\\n' >leaf.ext; openssl req -new -newkey "
            "ec "
            "-pkeyopt ec_paramgen_curve:P-256 -noenc -batch -subj /CN=leaf -keyout leaf-key.pem -out leaf.csr && "
            "openssl x509 -req -in leaf.csr -CA " +
            between.certificate + " -CAkey " + between.key +
            " -days 3650 -extfile leaf.ext -out leaf.pem && cat leaf.pem " + between.certificate + " >chain.pem");
        INFO(made.both());
        REQUIRE(made.ok());
        return Signer{firmware.chip.path("chain.pem"), firmware.chip.path("leaf-key.pem")};
    };
    firmware.sign(leaf_of("extendedKeyUsage = serverAuth,clientAuth\n"));
    firmware.refuse(not_trusted, {"CN=leaf", "issued by CN=between", "signatures of code"});
    firmware.sign(leaf_of("extendedKeyUsage = clientAuth,codeSigning\n"));
    CHECK(accepts(firmware.verify()));
}

TEST_CASE("what was not signed so is refused before the chip is asked for more", "[firmware]") {
    SignedFirmware firmware;
    SECTION("a manifest that was changed") {
        auto text = read_file(firmware.manifest());
        text.replace(text.find("\"version\": 7"), 12, "\"version\": 9");
        write_file(firmware.manifest(), text);
        firmware.refuse(not_trusted, {"not what was signed"});
    }
    SECTION("a manifest with something behind it") {
        append(firmware.manifest(), " ");
        firmware.refuse(not_trusted, {"not what was signed"});
    }
    SECTION("no signature") {
        std::filesystem::remove(firmware.manifest() + ".p7s");
        firmware.refuse(not_trusted, {"there is no signature"});
    }
    SECTION("something else in its place") {
        write_file(firmware.manifest() + ".p7s", "signature");
        firmware.refuse(not_trusted, {"no CMS signature"});
    }
    SECTION("a signature with something behind it") {
        append(firmware.manifest() + ".p7s", "x");
        firmware.refuse(not_trusted, {"no CMS signature"});
    }
    SECTION("by a signer of another authority") {
        CertificateAuthority other{firmware.chip.files.path(), "other"};
        firmware.sign(firmware.make_signer(other, "stranger"));
        firmware.refuse(not_trusted, {"CN=stranger", "does not vouch for"});
    }
    SECTION("by an authority with the same name") {
        std::filesystem::create_directory(firmware.chip.path("elsewhere"));
        CertificateAuthority other{firmware.chip.path("elsewhere"), "authority"};
        firmware.sign(firmware.make_signer(other, "impostor"));
        firmware.refuse(not_trusted, {"CN=impostor", "does not vouch for"});
    }
    SECTION("by a certificate of the same authority for TLS") {
        firmware.sign_with_openssl(firmware.make_signer(
            firmware.authority, "device", "keyUsage = digitalSignature\nextendedKeyUsage = clientAuth\n"));
        firmware.refuse(not_trusted, {"CN=device", "codeSigning"});
    }
    SECTION("by a certificate that says nothing of its purpose") {
        firmware.sign_with_openssl(firmware.make_signer(firmware.authority, "any", "basicConstraints = CA:FALSE\n"));
        firmware.refuse(not_trusted, {"CN=any", "codeSigning"});
    }
    SECTION("by two signers, of whom one is trusted") {
        CertificateAuthority other{firmware.chip.files.path(), "other"};
        const auto stranger = firmware.make_signer(other, "stranger");
        openssl({"cms", "-sign", "-binary", "-in", firmware.manifest(), "-outform", "DER", "-out",
                 firmware.manifest() + ".p7s", "-signer", firmware.signer.certificate, "-inkey", firmware.signer.key,
                 "-signer", stranger.certificate, "-inkey", stranger.key});
        firmware.refuse(not_trusted, {"2 signatures"});
    }
    SECTION("with SHA-1") {
        openssl({"cms", "-sign", "-binary", "-md", "sha1", "-in", firmware.manifest(), "-outform", "DER", "-out",
                 firmware.manifest() + ".p7s", "-signer", firmware.signer.certificate, "-inkey", firmware.signer.key});
        firmware.refuse(not_trusted, {"SHA-256"});
    }
    CHECK(firmware.commands()["VerifySign"] == 0);
}

TEST_CASE("a signer whose certificate is not valid today has an exit code of its own", "[firmware]") {
    SignedFirmware firmware;
    firmware.sign_with_openssl(
        firmware.make_signer(firmware.authority, "former", for_code, "20200101000000Z", "20210101000000Z"));
    firmware.refuse(expired, {"CN=former", "expired"});
    firmware.sign_with_openssl(
        firmware.make_signer(firmware.authority, "future", for_code, "20980101000000Z", "20991231235959Z"));
    firmware.refuse(expired, {"CN=future", "not yet valid"});
}

TEST_CASE("files that are not those that were signed are refused", "[firmware]") {
    const SignedFirmware firmware;
    const auto rootfs = firmware.chip.path("update/rootfs.img");
    const Arguments how = GENERATE(Arguments{}, Arguments{"--digest-on-chip"});
    CAPTURE(how);
    REQUIRE(accepts(firmware.verify(how)));
    CHECK((firmware.commands()["CalcHash"] > 0) == !how.empty());
    auto other = read_file(rootfs);
    other.back() = 'x';
    write_file(rootfs, other);
    firmware.refuse(altered, {"rootfs.img", "SHA-256 differs"}, how);
    append(rootfs, "x");
    firmware.refuse(altered, {"rootfs.img", "3001 bytes"}, how);
    std::filesystem::remove(rootfs);
    firmware.refuse(altered, {"rootfs.img is missing"}, how);
    firmware.chip.write("same", std::string(3000, 'r'));
    std::filesystem::create_symlink(firmware.chip.path("same"), rootfs);
    firmware.refuse(altered, {"no regular file"}, how);
    CHECK(accepts(firmware.verify({"--directory", firmware.chip.path("update")})) == false);
}

TEST_CASE("firmware for another product, or that is too old, is refused", "[firmware]") {
    const SignedFirmware firmware;
    firmware.refuse(mismatch, {"for gateway, and not for sensor"}, {"--name", "sensor"});
    firmware.sign(firmware.signer, "4");
    firmware.refuse(too_old, {"version 4 is too old", "holds 5"});
    firmware.sign(firmware.signer, "5");
    CHECK(accepts(firmware.verify()));
    firmware.chip.must({"firmware", "version", "--raise", "6"});
    firmware.refuse(too_old, {"version 5 is too old", "holds 6"});
}

TEST_CASE("without the chip, or with another authority or none in it, no firmware is let in", "[firmware]") {
    SignedFirmware firmware;
    const CertificateAuthority other{firmware.chip.files.path(), "other"};
    firmware.chip.must({"anchor", "write", "E0EF", other.certificate(), "--force"});
    firmware.refuse(not_trusted, {"CN=other", "does not vouch for"});
    firmware.chip.must({"anchor", "write", "E0E8", firmware.authority.certificate()});
    CHECK(accepts(firmware.verify({"--anchor", "E0E8"})));
    firmware.chip.must({"object", "write", "E0EF", firmware.chip.write("zero", std::string(1, 0)), "--force"});
    firmware.refuse(nothing_there, {"E0EF", "no authority"});
    firmware.chip.simulator.process().terminate();
    firmware.refuse(unreachable, {}, {"--anchor", "E0E8"});
}

TEST_CASE("a chip that was never told a lowest version lets nothing in", "[firmware]") {
    const SignedFirmware firmware;
    firmware.chip.must({"object", "write", "F1DC", firmware.chip.write("zero", std::string(1, 0))});
    firmware.refuse(nothing_there, {"no lowest version", "--raise"});
}

TEST_CASE("software alone lets nothing in: where the chip cannot verify, the firmware is refused", "[firmware]") {
    const SignedFirmware firmware;
    // The same authority, wrapped as the chip verifies with none (chip-objects.md section 7).
    openssl({"x509", "-in", firmware.authority.certificate(), "-outform", "DER", "-out", firmware.chip.path("bare")});
    const auto bare = read_file(firmware.chip.path("bare"));
    std::string wrapped{static_cast<char>(0xC0)};
    for (const auto& [more, bytes] : {std::pair{6, 2}, {3, 3}, {0, 3}}) {
        const auto length = bare.size() + static_cast<std::size_t>(more);
        wrapped += (bytes == 3 ? std::string(1, 0) : "") + static_cast<char>(length >> 8) + static_cast<char>(length);
    }
    firmware.chip.must({"object", "write", "E0EF", firmware.chip.write("wrapped", wrapped + bare), "--force"});
    static_cast<void>(firmware.commands());
    firmware.refuse(refused, {"VerifySign"});
    CHECK(firmware.commands()["VerifySign"] == 1);
}

TEST_CASE("signing refuses what no gateway would let in", "[firmware]") {
    SignedFirmware firmware;
    const auto sign = [&firmware](const Arguments& more) {
        Arguments arguments{"firmware", "sign", "--name", "gateway", "--text", "1", "--out", firmware.chip.path("out")};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return arguments;
    };
    const auto device = firmware.make_signer(firmware.authority, "device", "extendedKeyUsage = clientAuth\n");
    const auto& chip = firmware.chip;
    const auto& signer = firmware.signer;
    chip.must_fail(
        mismatch,
        sign({"--number", "1", "--key", device.key, "--certificate", device.certificate, firmware.manifest()}),
        {"codeSigning"});
    chip.must_fail(
        mismatch,
        sign({"--number", "1", "--key", device.key, "--certificate", signer.certificate, firmware.manifest()}),
        {"another key"});
    chip.must_fail(file,
                   sign({"--number", "1", "--key", signer.key, "--certificate", signer.certificate,
                         chip.path("update/rootfs.img"), chip.path("update/rootfs.img")}),
                   {"two files are called rootfs.img"});
    chip.must_fail(2,
                   sign({"--number", "9007199254740992", "--key", signer.key, "--certificate", signer.certificate,
                         firmware.manifest()}),
                   {"--number goes up to"});
    const auto good = [&](const std::string& what) {
        return sign({"--number", "1", "--key", signer.key, "--certificate", signer.certificate, what});
    };
    chip.must_fail(file, good(chip.write("latin\xE9", "x")), {"UTF-8"});
    auto nowhere = good(chip.path("update/rootfs.img"));
    std::replace(nowhere.begin(), nowhere.end(), chip.path("out"), std::string{"-"});
    chip.must_fail(2, nowhere, {"--out names a file"});
    auto many = good(chip.path("update/rootfs.img"));
    for (int i = 0; i < 1800; ++i) {
        many.push_back(chip.write("part" + std::string(100, 'n') + std::to_string(i), ""));
    }
    chip.must_fail(2, many, {"archive"});
    const auto former =
        firmware.make_signer(firmware.authority, "former", for_code, "20200101000000Z", "20210101000000Z");
    chip.must_fail(
        expired, sign({"--number", "1", "--key", former.key, "--certificate", former.certificate, firmware.manifest()}),
        {"CN=former", "expired at 2021"});
    CHECK_FALSE(std::filesystem::exists(chip.path("out")));
    CHECK_FALSE(std::filesystem::exists(chip.path("out.p7s")));
}
