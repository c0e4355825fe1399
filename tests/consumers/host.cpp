// SPDX-License-Identifier: Apache-2.0
#include "host.hpp"

#include "support/build_tree.hpp"
#include "support/catch.hpp"

namespace trustx::test {
namespace {

// What stands in a separate configuration between the providers and their settings.
std::string provider_sections(Arrangement arrangement) {
    const bool preferred = arrangement == Arrangement::trustx_preferred;
    return "providers = provider_sect\n" + std::string{preferred ? "alg_section = algorithm_sect\n" : ""} +
           "[algorithm_sect]\ndefault_properties = ?provider=trustx\n[provider_sect]\n" +
           (arrangement == Arrangement::trustx_first ? "trustx = trustx_sect\ndefault = default_sect\n"
                                                     : "default = default_sect\ntrustx = trustx_sect\n") +
           "[default_sect]\nactivate = 1\n[trustx_sect]\nactivate = 1\n";
}

// A configuration as a distribution ships it: without providers.
std::string stock_configuration(const std::string& tls) {
    std::string text = "openssl_conf = openssl_init\n[req]\ndistinguished_name = dn\n[dn]\n[openssl_init]\n";
    if (!tls.empty()) {
        text += "ssl_conf = ssl_sect\n[ssl_sect]\nsystem_default = tls_sect\n[tls_sect]\nMinProtocol = TLSv" + tls +
                "\nMaxProtocol = TLSv" + tls + "\n";
    }
    return text;
}

Arguments provider_options() {
    return {"-provider-path", module_directory(), "-provider", "default", "-provider", "trustx"};
}

}  // namespace

std::string name_of(Arrangement arrangement) {
    switch (arrangement) {
        case Arrangement::default_first:
            return "default-first";
        case Arrangement::trustx_first:
            return "trustx-first";
        case Arrangement::trustx_preferred:
            return "trustx-preferred";
        case Arrangement::drop_in:
            return "drop-in";
        case Arrangement::options:
            break;
    }
    return "options";
}

Host::Host(const std::string& curve, const std::string& timing)
    : chip_{SimulatorOptions{.timing = timing}},
      client_{chip_identity("client", "E0F1", curve)},
      server_{chip_identity("server", "E0F2", curve)},
      software_client_{software_identity("software-client", curve)},
      software_server_{software_identity("software-server", curve)} {
    chip_.reset_stats();
}

Identity Host::chip_identity(const std::string& name, const std::string& slot, const std::string& curve) {
    const auto key = path(name + "-key.pem");
    must_run(environment(Arrangement::default_first), program("trustx"),
             {"keygen", slot, "--curve", curve, "--out", key});
    return {certify(name, key), key};
}

Identity Host::software_signer(const std::string& curve) {
    return software_identity("signer", curve, "emailProtection");
}

Identity Host::software_identity(const std::string& name, const std::string& curve, const std::string& purpose) {
    const auto key = path(name + "-key.pem");
    must_run(plain_environment(), "openssl",
             {"genpkey", "-algorithm", "EC", "-pkeyopt", "group:" + curve, "-out", key});
    return {certify(name, key, purpose), key};
}

std::filesystem::path Host::certify(const std::string& name, const std::filesystem::path& key,
                                    const std::string& purpose) {
    const auto request = path(name + ".csr");
    must_run(environment(Arrangement::default_first), "openssl",
             {"req", "-new", "-key", key, "-subj", "/CN=" + name, "-out", request});
    return ca_.issue(request, "subjectAltName = DNS:localhost,IP:127.0.0.1\nextendedKeyUsage = " + purpose + "\n");
}

std::filesystem::path Host::configuration(Arrangement arrangement, const std::string& tls) const {
    const std::string settings = "module = " + (module_directory() / "trustx.so").string() +
                                 "\ndevice = " + chip_.address() +
                                 "\nlock-directory = " + chip_.directory().path().string() + "\n" + verify_anchors_;
    const auto file = path("openssl-" + name_of(arrangement) + tls + ".cnf");
    if (arrangement == Arrangement::drop_in) {
        // The file that we ship, as a line at the end of what the distribution ships.
        const auto shipped = source_directory() / "conf" / "openssl-trustx.drop-in.cnf";
        write_file(path("drop-in.cnf"), read_file(shipped) + settings);
        write_file(file, stock_configuration(tls) + ".include " + path("drop-in.cnf").string() + "\n");
    } else {
        write_file(file, "nodejs_conf = openssl_init\n" + stock_configuration(tls) + "[openssl_init]\n" +
                             provider_sections(arrangement) + settings);
    }
    return file;
}

Environment Host::environment(Arrangement arrangement, const std::string& tls) const {
    Environment environment = foreign_program_environment();
    environment["OPENSSL_CONF"] = arrangement == Arrangement::options ? plain_environment(tls).at("OPENSSL_CONF")
                                                                      : configuration(arrangement, tls).string();
    // `trustx` itself reads no OpenSSL configuration, and options leave no other place for settings.
    environment["TRUSTX_DEVICE"] = chip_.address();
    environment["TRUSTX_LOCK_DIRECTORY"] = chip_.directory().path();
    environment["TRUSTX_CONF"] = "/dev/null";
    return environment;
}

Environment Host::plain_environment(const std::string& tls) const {
    const auto file = path("openssl-plain" + tls + ".cnf");
    write_file(file, stock_configuration(tls));
    return {{"OPENSSL_CONF", file}};
}

Outcome Host::must_run(const Environment& environment, const std::filesystem::path& program, const Arguments& arguments,
                       std::optional<std::string> input) {
    auto outcome = run(program, arguments, {.environment = environment, .input = std::move(input)});
    std::string line = program.string();
    for (const auto& argument : arguments) {
        line += " " + argument;
    }
    INFO(line << "\n" << outcome.both());
    REQUIRE(outcome.ok());
    return outcome;
}

Arguments Host::for_openssl(Arrangement arrangement, Arguments arguments) {
    if (arrangement == Arrangement::options) {
        const auto options = provider_options();
        arguments.insert(arguments.begin() + 1, options.begin(), options.end());
    }
    return arguments;
}

std::string Host::openssl(Arrangement arrangement, const Arguments& arguments, std::optional<std::string> input) const {
    return must_run(environment(arrangement), "openssl", for_openssl(arrangement, arguments), std::move(input)).out;
}

void Host::trust_by_chip() {
    must_run(environment(Arrangement::default_first), program("trustx"), {"anchor", "write", "E0E8", ca()});
    const auto key = must_run(plain_environment(), "openssl", {"x509", "-in", ca(), "-noout", "-pubkey"}).out;
    must_run(plain_environment(), "openssl", {"pkey", "-pubin", "-outform", "DER", "-out", path("ca.spki")}, key);
    const auto digest = must_run(plain_environment(), "openssl", {"dgst", "-sha256", "-r", path("ca.spki")}).out;
    verify_anchors_ = "verify-anchors = E0E8=" + digest.substr(0, digest.find(' ')) + "\n";
}

void Host::distrust() const {
    const CertificateAuthority other{directory_.path(), "impostor"};
    must_run(environment(Arrangement::default_first), program("trustx"),
             {"anchor", "write", "E0E8", other.certificate(), "--force"});
}

Host::Counters Host::counters() const {
    const auto stats = chip_.stats();
    chip_.reset_stats();
    return {.key_uses = stats.at("private_key_uses").get<int>(),
            .transfers = stats.at("transfers").get<int>(),
            .verifications = stats.at("commands").value("VerifySign", 0),
            .commands = stats.at("commands").get<std::map<std::string, int>>()};
}

WebServer::WebServer(const Host& host) : WebServer{host, host.plain_environment()} {}

WebServer::WebServer(const Host& host, const Environment& environment)
    : process_{"openssl",
               {"s_server", "-accept", "127.0.0.1:0", "-www", "-Verify", "2", "-verify_return_error", "-CAfile",
                host.ca(), "-cert", host.software_server().certificate, "-key", host.software_server().key},
               {.environment = environment}} {
    const auto line = process_.wait_for_line("ACCEPT");
    port_ = line.substr(line.rfind(':') + 1);
}

}  // namespace trustx::test
