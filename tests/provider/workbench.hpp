// SPDX-License-Identifier: Apache-2.0
// The place where provider tests happen: a temporary directory with an openssl.cnf that activates our module, the
// openssl tool, and library contexts inside the test process that read the same configuration.
#pragma once

#include "handles.hpp"
#include "support/process.hpp"
#include "support/simulator.hpp"
#include "support/temp_dir.hpp"

#include <array>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace trustx::test {

// Arrangement is how a configuration places trustx among the providers (openssl-provider.md section 0, rule 2).
// The name of the section in ahead_by_name sorts before `default`, which decides about the groups of TLS (section 6.1).
enum class Arrangement { default_first, trustx_first, trustx_preferred, ahead_by_name, ahead_and_preferred };
inline constexpr std::array every_arrangement{Arrangement::default_first, Arrangement::trustx_first,
                                              Arrangement::trustx_preferred};
std::string name_of(Arrangement arrangement);

struct BenchOptions {
    std::string device = "unix:/nonexistent/trustx-test-chip";
    Arrangement arrangement = Arrangement::default_first;
    std::map<std::string, std::string> settings = {};  // further lines of the provider's section
    bool with_trustx = true;
};

// Bench writes its configuration at construction. The openssl tool runs in the bench's directory.
class Bench {
 public:
    explicit Bench(BenchOptions options = {});

    [[nodiscard]] std::filesystem::path path(const std::string& name) const { return directory_ / name; }
    [[nodiscard]] std::filesystem::path configuration() const { return directory_ / "openssl.cnf"; }

    // process_options is environment and directory of a program that is to use the provider.
    [[nodiscard]] ProcessOptions process_options() const;

    // openssl runs the tool; must_openssl fails the test unless it succeeds, and returns its standard output.
    [[nodiscard]] Outcome openssl(const std::vector<std::string>& arguments,
                                  std::optional<std::string> input = {}) const;
    std::string must_openssl(const std::vector<std::string>& arguments, std::optional<std::string> input = {}) const;

    // libctx makes a library context of this process with the bench's configuration.
    [[nodiscard]] LibCtx libctx() const;

 private:
    TempDir directory_;
};

// ChipBench is a bench with a simulator.
class ChipBench {
 public:
    explicit ChipBench(Arrangement arrangement = Arrangement::default_first,
                       std::map<std::string, std::string> settings = {});
    explicit ChipBench(SimulatorOptions options);

    Simulator& simulator() { return simulator_; }
    [[nodiscard]] const Simulator& simulator() const { return simulator_; }
    [[nodiscard]] nlohmann::json stats() const { return simulator_.stats(); }
    const Bench& bench() const { return bench_; }
    const Bench* operator->() const { return &bench_; }

    // with gives another configuration for the same chip.
    [[nodiscard]] Bench with(Arrangement arrangement, std::map<std::string, std::string> settings = {}) const;

    // make_key makes a chip key with the openssl tool and returns the path of its PEM reference.
    std::filesystem::path make_key(const std::string& slot, const std::string& group = "P-256",
                                   const std::string& usage = "auth,sign");

    // Since the last reset_counters.
    void reset_counters() const { simulator_.reset_stats(); }
    [[nodiscard]] std::uint64_t private_key_uses() const;
    [[nodiscard]] std::uint64_t transfers() const;

 private:
    Simulator simulator_;
    Bench bench_;
};

// load_key reads a PEM file in a library context; nullptr with errors in the queue when it cannot.
Pkey load_key(OSSL_LIB_CTX* libctx, const std::filesystem::path& file);

// software_key makes a key with the default provider.
Pkey software_key(OSSL_LIB_CTX* libctx, const std::string& group = "P-256");

// signs makes a signature and has the default provider verify it with the public half of the key. Errors stay queued.
bool signs(OSSL_LIB_CTX* libctx, EVP_PKEY* key);

// first_error_line is the first entry of the error queue in what the openssl tool said; empty when there is none.
std::string first_error_line(const Outcome& outcome);

// reference_pem is a key reference with the public key of some other key, as a chip that is not there would have.
std::string reference_pem(EVP_PKEY* key, const std::string& slot = "E0F1");

// der_of is the SubjectPublicKeyInfo of a key.
std::string spki_of(EVP_PKEY* key);

}  // namespace trustx::test
