// SPDX-License-Identifier: Apache-2.0
// The machine on which other people's programs run: a chip with two keys, a CA, certificates for these keys and for
// keys in software, and the ways in which OpenSSL can be told of the provider.
#pragma once

#include "mqtt/broker.hpp"
#include "mqtt/certificate_authority.hpp"
#include "support/process.hpp"
#include "support/simulator.hpp"
#include "support/temp_dir.hpp"

#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace trustx::test {

// Arrangement is how programs come to the provider (openssl-provider.md sections 1.15 and 3.1). options is for the
// openssl tool alone: -provider on its command line and no configuration.
enum class Arrangement { default_first, trustx_first, trustx_preferred, drop_in, options };
// What every program can do.
inline constexpr std::array every_configuration{Arrangement::default_first, Arrangement::trustx_first,
                                                Arrangement::trustx_preferred, Arrangement::drop_in};
std::string name_of(Arrangement arrangement);

// Both curves of the chip, and both versions of TLS.
inline const std::array<std::string, 2> both_curves{"P-256", "P-384"};
inline const std::array<std::string, 2> both_versions{"1.2", "1.3"};

// Identity is what a program is configured with: the names of certificate and key.
using Identity = CertificateAuthority::Server;
using Environment = std::map<std::string, std::string>;
using Arguments = std::vector<std::string>;

// Host has a client key in slot E0F1 and a server key in E0F2, both on one curve, and as many keys in software; all
// certificates are by one CA and for localhost. Everything is made by the programs.
class Host {
 public:
    // The chip answers at once, or with timing "typical" as slowly as a real one.
    explicit Host(const std::string& curve, const std::string& timing = "none");

    [[nodiscard]] std::filesystem::path path(const std::string& name) const { return directory_ / name; }
    // locks is the directory of the lock files.
    [[nodiscard]] const std::filesystem::path& locks() const { return chip_.directory().path(); }
    [[nodiscard]] std::filesystem::path ca() const { return ca_.certificate(); }
    [[nodiscard]] const Identity& client() const { return client_; }
    [[nodiscard]] const Identity& server() const { return server_; }
    [[nodiscard]] const Identity& software_client() const { return software_client_; }
    [[nodiscard]] const Identity& software_server() const { return software_server_; }

    // software_signer makes a key in software with a certificate to sign e-mail with, which is what RAUC and SWUpdate
    // take a signer for.
    [[nodiscard]] Identity software_signer(const std::string& curve);

    // environment is that of a program that is to use the provider; tls ("1.2", "1.3") is the only version that it
    // then uses, empty for any. plain_environment knows no provider.
    [[nodiscard]] Environment environment(Arrangement arrangement, const std::string& tls = "") const;
    [[nodiscard]] Environment plain_environment(const std::string& tls = "") const;

    // must_run runs a program in the host's directory, fails the test unless it succeeds, and gives its output.
    static Outcome must_run(const Environment& environment, const std::filesystem::path& program,
                            const Arguments& arguments, std::optional<std::string> input = {});
    // openssl is the same for the openssl tool, which may be told of the provider by options: for_openssl adds them.
    std::string openssl(Arrangement arrangement, const Arguments& arguments,
                        std::optional<std::string> input = {}) const;
    [[nodiscard]] static Arguments for_openssl(Arrangement arrangement, Arguments arguments);

    // trust_by_chip puts the authority into a trust anchor of the chip, and from then on every configuration has the
    // chip verify with it (verify-anchors). distrust puts another one there, and leaves the configurations.
    void trust_by_chip();
    void distrust() const;

    // Counters are what the chip saw since they were asked for last: private key uses, transfers of any kind, and how
    // often each command came, by the name that the chip's documents give it.
    struct Counters {
        int key_uses;
        int transfers;
        int verifications;
        std::map<std::string, int> commands;
    };
    [[nodiscard]] Counters counters() const;
    [[nodiscard]] int key_uses() const { return counters().key_uses; }
    [[nodiscard]] int verifications() const { return counters().verifications; }

 private:
    Identity chip_identity(const std::string& name, const std::string& slot, const std::string& curve);
    Identity software_identity(const std::string& name, const std::string& curve,
                               const std::string& purpose = "clientAuth,serverAuth");
    std::filesystem::path certify(const std::string& name, const std::filesystem::path& key,
                                  const std::string& purpose = "clientAuth,serverAuth");
    [[nodiscard]] std::filesystem::path configuration(Arrangement arrangement, const std::string& tls) const;

    TempDir directory_;
    Simulator chip_;
    std::string verify_anchors_;  // lines of the provider's section
    CertificateAuthority ca_{directory_.path(), "authority"};
    Identity client_;
    Identity server_;
    Identity software_client_;
    Identity software_server_;
};

// WebServer is `openssl s_server -www` with a software key, which demands a client certificate, on a port that the
// kernel chose. Its environment is the plain one unless another is given.
class WebServer {
 public:
    explicit WebServer(const Host& host);
    WebServer(const Host& host, const Environment& environment);
    [[nodiscard]] const std::string& port() const { return port_; }

 private:
    Process process_;
    std::string port_;
};

}  // namespace trustx::test
