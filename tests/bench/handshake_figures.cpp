// SPDX-License-Identifier: Apache-2.0
// What a TLS handshake costs a client by the setting `scope`, compared with what chip and bus cannot do without, and
// with a key in software. The chip is a simulator with typical times on a bus of 400 kHz, at 6 and at 15 mA.
//
// usage: trustx_handshake_figures [--quick]
#include "../provider/handles.hpp"
#include "figures.hpp"
#include "support/build_tree.hpp"
#include "support/process.hpp"
#include "support/simulator.hpp"
#include "tls_pair.hpp"
#include "trace_costs.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace trustx::test {
namespace {

constexpr unsigned bus_khz = 400;

// Level is a scope with the version and the suites that it needs.
struct Level {
    const char* name;
    const char* scope;  // nullptr: the key is in software
    int version;
    const char* suites;
};
constexpr const char* sha256_suite = "ECDHE-ECDSA-AES128-GCM-SHA256";
constexpr std::array levels{
    Level{"software key, TLS 1.2", nullptr, TLS1_2_VERSION, sha256_suite},
    Level{"software key, TLS 1.3", nullptr, TLS1_3_VERSION, sha256_suite},
    Level{"signature, TLS 1.2", "signature", TLS1_2_VERSION, sha256_suite},
    Level{"signature, TLS 1.3", "signature", TLS1_3_VERSION, sha256_suite},
    Level{"ephemeral, TLS 1.2", "ephemeral", TLS1_2_VERSION, sha256_suite},
    Level{"ephemeral, TLS 1.3", "ephemeral", TLS1_3_VERSION, sha256_suite},
    Level{"key-schedule, TLS 1.2", "key-schedule", TLS1_2_VERSION, sha256_suite},
};

LibCtx library_context(const std::filesystem::path& configuration) {
    LibCtx libctx(OSSL_LIB_CTX_new());
    require(libctx && OSSL_LIB_CTX_load_config(libctx.get(), configuration.c_str()) == 1, "load a configuration");
    return libctx;
}

class HandshakeFigures {
 public:
    HandshakeFigures(int runs, int milliamperes)
        : runs_{runs},
          milliamperes_{milliamperes},
          simulator_{{.timing = "typical", .arguments = {"--scl", std::to_string(bus_khz)}}} {
        if (milliamperes != default_milliamperes) {
            char hex[3];
            std::snprintf(hex, sizeof hex, "%02X", static_cast<unsigned>(milliamperes));
            trustx({"object", "write", "E0C4", "--hex"}, hex);
        }
        trustx({"keygen", "E0F1", "--out", files_ / "chip.key"}, "");
        const LibCtx plain = library_context(configuration(nullptr));
        const LibCtx with = library_context(configuration("signature"));
        const Pkey software(EVP_EC_gen("P-256"));
        const Bio bio(BIO_new_file((files_ / "software.key").c_str(), "w"));
        require(software && bio &&
                    PEM_write_bio_PrivateKey(bio.get(), software.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1,
                "write a key");
        software_files_ = TlsFiles{simulator_.directory() / "tls-software"};
        std::filesystem::create_directory(software_files_.directory);
        issue_certificates(software_files_, software.get());
        issue_certificates(files_, public_half(with.get()).get());
    }

    void print() {
        std::printf("\nchip at %d mA, bus at %u kHz, %d runs; times in ms\n\n%-22s %8s %8s %8s %8s %6s %9s %8s  %s\n",
                    milliamperes_, bus_khz, runs_, "", "wall", "best", "chip", "bus", "ratio", "transfers", "host cpu",
                    "commands");
        for (const Level& level : levels) {
            line(level);
        }
    }

 private:
    static constexpr int default_milliamperes = 6;
    static constexpr int runs_to_learn = 2;

    void trustx(const std::vector<std::string>& arguments, const std::string& input) const {
        ProcessOptions options;
        options.environment["TRUSTX_LOCK_DIRECTORY"] = simulator_.directory().path().string();
        options.environment["TRUSTX_DEVICE"] = simulator_.address();
        options.input = input;
        const Outcome outcome = run(program("trustx"), arguments, options);
        if (!outcome.ok()) {
            throw std::runtime_error(outcome.both());
        }
    }

    [[nodiscard]] std::filesystem::path configuration(const char* scope) const {
        const auto file = simulator_.directory() / (std::string{scope == nullptr ? "plain" : scope} + ".cnf");
        std::string text =
            "openssl_conf = init\n[init]\nproviders = providers\nalg_section = algorithms\n[algorithms]\n";
        text += scope == nullptr ? "" : "default_properties = ?provider=trustx\n";
        text += "[providers]\ndefault = default_sect\n";
        text += scope == nullptr ? "" : "a-trustx = trustx_sect\n";
        text += "[default_sect]\nactivate = 1\n[trustx_sect]\nactivate = 1\n";
        text += "module = " + (module_directory() / "trustx.so").string() + "\ndevice = " + simulator_.address() +
                "\nlock-directory = " + simulator_.directory().path().string() + "\ntrace = " + trace_.string() +
                "\nscope = " + (scope == nullptr ? "" : scope) + "\n";
        write_file(file, text);
        return file;
    }

    // So that the certificates are made by the default provider alone.
    [[nodiscard]] Pkey public_half(OSSL_LIB_CTX* libctx) const {
        const Bio bio(BIO_new_file((files_ / "chip.key").c_str(), "r"));
        const Pkey chip(PEM_read_bio_PrivateKey_ex(bio.get(), nullptr, nullptr, nullptr, libctx, nullptr));
        require(chip != nullptr, "load a chip key");
        unsigned char* spki = nullptr;
        const int size = i2d_PUBKEY(chip.get(), &spki);
        const unsigned char* cursor = spki;
        Pkey half(size > 0 ? d2i_PUBKEY(nullptr, &cursor, size) : nullptr);
        OPENSSL_free(spki);
        require(half != nullptr, "read a public key");
        return half;
    }

    [[nodiscard]] std::map<std::string, int> commands() const {
        const auto stats = simulator_.stats();
        std::map<std::string, int> counted;
        for (const auto& [name, count] : stats.at("commands").items()) {
            counted[name] = count.get<int>();
        }
        return counted;
    }

    void line(const Level& level) const {
        const bool in_chip = level.scope != nullptr;
        const LibCtx client = library_context(configuration(level.scope));
        const LibCtx server = library_context(configuration(nullptr));
        const TlsFiles& files = in_chip ? files_ : software_files_;
        const TlsPair pair({.client = client.get(), .server = server.get()}, files,
                           files_ / (in_chip ? "chip.key" : "software.key"),
                           {.version = level.version, .groups = "P-256:P-384:P-521", .suites = level.suites});
        for (int run = 0; run < runs_to_learn; ++run) {
            static_cast<void>(pair.handshake());
        }
        simulator_.reset_stats();
        const auto traced = in_chip ? std::filesystem::file_size(trace_) : 0;
        std::vector<Nanoseconds> walls;
        Nanoseconds cpu{0};
        for (int run = 0; run < runs_; ++run) {
            const auto took = pair.handshake();
            walls.push_back(took.client_wall);
            cpu += took.client_cpu;
        }
        std::ranges::sort(walls);
        const auto costs = in_chip ? costs_since(trace_, traced, bus_khz) : TraceCosts{};
        const auto chip =
            Nanoseconds{std::chrono::microseconds{simulator_.stats().at("chip_time_us").get<std::int64_t>()}} / runs_;
        const auto bus = costs.least_bus / runs_;
        std::string used;
        for (const auto& [name, count] : commands()) {
            // The security event counter is read now and then.
            const auto each = std::to_string(count / runs_);
            used += (used.empty() ? "" : ", ") + name + " " +
                    (count % runs_ == 0 ? each : std::to_string(count) + " in " + std::to_string(runs_));
        }
        const auto wall = walls[walls.size() / 2];
        std::printf("%-22s %8.2f %8.2f %8.2f %8.2f %6.3f %9.1f %8.2f  %s\n", level.name, milliseconds(wall),
                    milliseconds(walls.front()), milliseconds(chip), milliseconds(bus),
                    in_chip ? milliseconds(wall) / milliseconds(chip + bus) : 0.0,
                    static_cast<double>(costs.transfers) / runs_, milliseconds(cpu / runs_),
                    used.empty() ? "-" : used.c_str());
        std::fflush(stdout);
    }

    int runs_;
    int milliamperes_;
    Simulator simulator_;
    std::filesystem::path trace_ = simulator_.directory() / "trace";
    TlsFiles files_{simulator_.directory().path()};
    TlsFiles software_files_;
};

}  // namespace
}  // namespace trustx::test

int main(int argc, char** argv) {
    const bool quick = argc == 2 && std::strcmp(argv[1], "--quick") == 0;
    try {
        for (const int milliamperes : {6, 15}) {
            trustx::test::HandshakeFigures(quick ? 1 : 15, milliamperes).print();
        }
    } catch (const std::exception& error) {
        std::cerr << "trustx_handshake_figures: " << error.what() << '\n';
        return 1;
    }
    return 0;
}
