// SPDX-License-Identifier: Apache-2.0
#include "gateway.hpp"

#include "support/build_tree.hpp"
#include "support/catch.hpp"

#include <cstdlib>

namespace trustx::test {

Gateway::Gateway() {
    const auto shell = chip.shell("openssl x509 -in " + authority.certificate().string() +
                                  " -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -r");
    REQUIRE(shell.ok());
    const std::string begin = "openssl_conf = openssl_init\n[openssl_init]\n";
    chip.write("openssl-plain.cnf", begin);
    chip.write("openssl-chip.cnf",
               begin + "providers = provider_sect\n[provider_sect]\ndefault = default_sect\ntrustx = trustx_sect\n" +
                   "[default_sect]\nactivate = 1\n[trustx_sect]\nactivate = 1\nmodule = " +
                   (module_directory() / "trustx.so").string() + "\ndevice = " + chip.simulator.address() +
                   "\nlock-directory = " + chip.files.path().string() +
                   "\nverify-anchors = E0EF=" + shell.out.substr(0, shell.out.find(' ')) + "\n");
}

Environment Gateway::environment_with(const std::string& configuration) const {
    auto environment = foreign_program_environment();
    environment["OPENSSL_CONF"] = chip.path(configuration);
    environment["TRUSTX_DEVICE"] = chip.simulator.address();
    environment["TRUSTX_LOCK_DIRECTORY"] = chip.files.path();
    environment["TRUSTX_CONF"] = "/dev/null";
    environment["PATH"] = program("trustx").parent_path().string() + ":" + std::getenv("PATH");
    return environment;
}

void Gateway::replace_authority() const {
    chip.must({"anchor", "write", "E0EF", other.certificate(), "--force"});
}

std::string sample(const std::string& name, const std::map<std::string, std::string>& words) {
    auto text = read_file(source_directory() / "conf/firmware" / name);
    for (const auto& [word, replacement] : words) {
        const auto place = text.find(word);
        INFO(name << ": " << word);
        REQUIRE(place != std::string::npos);
        text.replace(place, word.size(), replacement);
    }
    return text;
}

Outcome must_run(const std::string& program, const Arguments& arguments, const ProcessOptions& options) {
    auto outcome = run(program, arguments, options);
    INFO(program << ": " << outcome.both());
    REQUIRE(outcome.ok());
    return outcome;
}

}  // namespace trustx::test
