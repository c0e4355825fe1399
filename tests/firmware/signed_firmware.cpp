// SPDX-License-Identifier: Apache-2.0
#include "signed_firmware.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <filesystem>

namespace trustx::test {

SignedFirmware::SignedFirmware() {
    std::filesystem::create_directory(chip.path("update"));
    chip.write("update/rootfs.img", std::string(3000, 'r'));
    chip.write("update/kernel.img", "kernel\n");
    chip.must({"anchor", "write", "E0EF", authority.certificate()});
    chip.must({"firmware", "version", "--raise", "5"});
    sign(signer);
    static_cast<void>(commands());
}

Signer SignedFirmware::make_signer(CertificateAuthority& by, const std::string& name, const std::string& extensions,
                                   const std::string& not_before, const std::string& not_after) const {
    const auto key = chip.path(name + "-key.pem");
    const auto request = chip.path(name + ".csr");
    openssl({"req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-batch", "-subj",
             "/CN=" + name, "-keyout", key, "-out", request});
    return {by.issue(request, extensions, not_before, not_after).string(), key};
}

void SignedFirmware::sign(const Signer& by, const std::string& number) const {
    chip.must({"firmware", "sign", "--name", "gateway", "--number", number, "--text", "1.4.2", "--key", by.key,
               "--certificate", by.certificate, "--out", manifest(), chip.path("update/rootfs.img"),
               chip.path("update/kernel.img")});
}

void SignedFirmware::sign_with_openssl(const Signer& by) const {
    openssl({"cms", "-sign", "-binary", "-in", manifest(), "-outform", "DER", "-out", manifest() + ".p7s", "-signer",
             by.certificate, "-inkey", by.key});
}

Outcome SignedFirmware::verify(const Arguments& more) const {
    Arguments arguments{"firmware", "verify", manifest()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return chip.trustx(arguments);
}

void SignedFirmware::refuse(int status, const std::vector<std::string>& words, const Arguments& more) const {
    const auto outcome = verify(more);
    INFO(outcome.both());
    CHECK(outcome.status == status);
    CHECK(outcome.out.empty());
    CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
    for (const auto& word : words) {
        CHECK_THAT(outcome.err, ContainsSubstring(word));
    }
}

std::map<std::string, int> SignedFirmware::commands() const {
    const auto stats = chip.simulator.stats();
    chip.simulator.reset_stats();
    return stats.at("commands").get<std::map<std::string, int>>();
}

}  // namespace trustx::test
