// SPDX-License-Identifier: Apache-2.0
// What the provider costs, in one run: programs that do not use it, loading keys, signatures, TLS handshakes, memory.
// The chip is a simulator that takes no time, so that what is measured is ours and OpenSSL's.
//
// usage: trustx_provider_figures [--quick]
//        trustx_provider_figures --resident PLAIN-CONFIGURATION SOFTWARE-KEY TRUSTX-CONFIGURATION CHIP-KEY
// The second form is for the first: memory is measured in a process that has done nothing else.
#include "resident_memory.hpp"
#include "support/build_tree.hpp"
#include "support/simulator.hpp"
#include "tls_pair.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iostream>
#include <stdexcept>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <malloc.h>
#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace trustx::test {
namespace {

using SteadyClock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

Seconds time_of(const std::function<void()>& work) {
    const auto start = SteadyClock::now();
    work();
    return SteadyClock::now() - start;
}

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

double least(const std::vector<double>& values) {
    return *std::min_element(values.begin(), values.end());
}

// Numbers of repetitions: enough for figures, or just enough to see that everything works.
struct Effort {
    int programs = 200;
    int key_loads = 1000;
    int signatures = 1000;
    int rounds = 40;
    int handshakes = 25;  // in each round
    int keys = 2000;

    static Effort quick() {
        return {.programs = 3, .key_loads = 5, .signatures = 8, .rounds = 2, .handshakes = 2, .keys = 50};
    }
};

// Configurations of OpenSSL, each in a file.
class Configurations {
 public:
    Configurations(const std::filesystem::path& directory, const std::string& device) : directory_(directory) {
        const std::string providers = "openssl_conf = init\n[init]\nproviders = providers\n";
        const std::string trustx = "trustx = trustx_sect\n";
        const std::string sections =
            "default = default_sect\n[default_sect]\nactivate = 1\n[trustx_sect]\n"
            "activate = 1\nmodule = " +
            (module_directory() / "trustx.so").string() + "\ndevice = " + device +
            "\nlock-directory = " + directory.string() + "\n";
        write_file(plain(), providers + "[providers]\n" + sections);
        write_file(with_trustx(), providers + "[providers]\n" + trustx + sections);
        write_file(preferring_trustx(), providers + "alg_section = algorithms\n[algorithms]\n" +
                                            "default_properties = ?provider=trustx\n[providers]\n" + trustx + sections);
    }
    [[nodiscard]] std::filesystem::path plain() const { return directory_ / "plain.cnf"; }
    [[nodiscard]] std::filesystem::path with_trustx() const { return directory_ / "trustx.cnf"; }
    [[nodiscard]] std::filesystem::path preferring_trustx() const { return directory_ / "preferring.cnf"; }

 private:
    std::filesystem::path directory_;
};

LibCtx library_context(const std::filesystem::path& configuration) {
    LibCtx libctx(OSSL_LIB_CTX_new());
    require(libctx && OSSL_LIB_CTX_load_config(libctx.get(), configuration.c_str()) == 1, "load a configuration");
    return libctx;
}

void check(const Outcome& outcome) {
    if (!outcome.ok()) {
        throw std::runtime_error(outcome.both());
    }
}

class Figures {
 public:
    explicit Figures(Effort effort)
        : effort_(effort), configurations_(simulator_.directory().path(), simulator_.address()) {
        ProcessOptions process;
        process.environment["TRUSTX_LOCK_DIRECTORY"] = simulator_.directory().path().string();
        check(run(program("trustx"), {"--device", simulator_.address(), "keygen", "E0F1", "--out", chip_key().string()},
                  process));
        const Pkey key(EVP_EC_gen("P-256"));
        const Bio bio(BIO_new_file(software_key().c_str(), "w"));
        require(bio && PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1,
                "write a key");
    }

    void print() {
        std::printf("%-60s %12s\n", "", "figure");
        unrelated_program();
        key_loads();
        signatures();
        handshakes();
        memory();
        resident_memory();
    }

 private:
    [[nodiscard]] std::filesystem::path chip_key() const { return simulator_.directory() / "chip.pem"; }
    [[nodiscard]] std::filesystem::path software_key() const { return simulator_.directory() / "software.pem"; }
    static void line(const char* what, double value, const char* unit) {
        std::printf("%-60s %12.3f %s\n", what, value, unit);
        std::fflush(stdout);
    }

    static double openssl(const std::filesystem::path& configuration, std::vector<std::string> arguments);
    void unrelated_program() const;
    void unrelated_program(const std::string& name, const std::vector<std::string>& arguments) const;
    void key_loads() const;
    void signatures() const;
    void handshakes() const;
    void memory() const;
    void resident_memory() const;
    [[nodiscard]] Pkey load(OSSL_LIB_CTX* libctx, const std::string& pem) const;

    Effort effort_;
    Simulator simulator_;
    Configurations configurations_;
};

// openssl is the wall time of one run of the program openssl, in milliseconds.
double Figures::openssl(const std::filesystem::path& configuration, std::vector<std::string> arguments) {
    std::string variable = "OPENSSL_CONF=" + configuration.string();
    std::string path = std::string("PATH=") + std::getenv("PATH");
    std::vector<std::string> more;
    for (const auto& [name, value] : foreign_program_environment()) {
        more.push_back(name + "=" + value);
    }
    std::vector<char*> environment{variable.data(), path.data()};
    for (auto& entry : more) {
        environment.push_back(entry.data());
    }
    environment.push_back(nullptr);
    std::string name = "openssl";
    std::vector<char*> words{name.data()};
    for (auto& argument : arguments) {
        words.push_back(argument.data());
    }
    words.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    int status = -1;
    const auto took = time_of([&] {
        pid_t child = 0;
        if (::posix_spawnp(&child, name.c_str(), &actions, nullptr, words.data(), environment.data()) == 0) {
            ::waitpid(child, &status, 0);
        }
    });
    ::posix_spawn_file_actions_destroy(&actions);
    if (status != 0) {
        throw std::runtime_error("openssl failed with " + configuration.string());
    }
    return took.count() * 1000;
}

// What `trustx setup enable` for the whole machine costs a program that does not use the chip.
void Figures::unrelated_program() const {
    const auto file = (simulator_.directory() / "file").string();
    write_file(file, "nothing of interest\n");
    unrelated_program("openssl version", {"version"});
    unrelated_program("openssl dgst -sha256", {"dgst", "-sha256", file});
}

void Figures::unrelated_program(const std::string& name, const std::vector<std::string>& arguments) const {
    std::vector<double> without;
    std::vector<double> with;
    for (int i = 0; i < effort_.programs; ++i) {  // in turn: what else the machine does hits both
        without.push_back(openssl(configurations_.plain(), arguments));
        with.push_back(openssl(configurations_.with_trustx(), arguments));
    }
    line((name + ", default provider alone, median").c_str(), median(without), "ms");
    line((name + ", with the trustx provider, median").c_str(), median(with), "ms");
    line("  cost of the provider, difference of the medians", median(with) - median(without), "ms");
    line("  cost of the provider, difference of the quickest", least(with) - least(without), "ms");
}

Pkey Figures::load(OSSL_LIB_CTX* libctx, const std::string& pem) const {
    const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    Pkey key(PEM_read_bio_PrivateKey_ex(bio.get(), nullptr, nullptr, nullptr, libctx, nullptr));
    require(key != nullptr, "load a key");
    return key;
}

void Figures::key_loads() const {
    const LibCtx libctx = library_context(configurations_.with_trustx());
    const auto software = read_file(software_key());
    const auto chip = read_file(chip_key());
    static_cast<void>(load(libctx.get(), chip));
    static_cast<void>(load(libctx.get(), software));
    simulator_.reset_stats();
    std::vector<double> software_times;
    std::vector<double> chip_times;
    for (int i = 0; i < effort_.key_loads; ++i) {
        software_times.push_back(time_of([&] { static_cast<void>(load(libctx.get(), software)); }).count() * 1000);
        chip_times.push_back(time_of([&] { static_cast<void>(load(libctx.get(), chip)); }).count() * 1000);
    }
    line("load a PEM file, software key, median", median(software_times), "ms");
    line("load a PEM file, chip key, median", median(chip_times), "ms");
    line("  transfers on the bus for all of them", simulator_.stats().at("transfers").get<double>(), "");
}

void sign_often(OSSL_LIB_CTX* libctx, EVP_PKEY* key, int times) {
    static constexpr std::array<unsigned char, 64> message{};
    std::array<unsigned char, 128> signature{};
    for (int i = 0; i < times; ++i) {
        std::size_t size = signature.size();
        const MdCtx context(EVP_MD_CTX_new());
        require(EVP_DigestSignInit_ex(context.get(), nullptr, "SHA256", libctx, nullptr, key, nullptr) == 1 &&
                    EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) == 1,
                "sign");
    }
}

void Figures::signatures() const {
    const LibCtx libctx = library_context(configurations_.with_trustx());
    const Pkey chip = load(libctx.get(), read_file(chip_key()));
    const Pkey software = load(libctx.get(), read_file(software_key()));
    for (const int threads : {1, 4}) {
        const int each = effort_.signatures / threads;
        const auto took = time_of([&] {
            std::vector<std::jthread> workers;
            for (int i = 0; i < threads; ++i) {
                workers.emplace_back([&] { sign_often(libctx.get(), chip.get(), each); });
            }
        });
        const auto what = "signatures with a chip key that takes no time, " + std::to_string(threads) +
                          (threads == 1 ? " thread" : " threads");
        line(what.c_str(), each * threads / took.count(), "/s");
    }
    const auto took = time_of([&] { sign_often(libctx.get(), software.get(), effort_.signatures); });
    line("signatures with a software key, 1 thread", effort_.signatures / took.count(), "/s");
}

void Figures::handshakes() const {
    const LibCtx plain = library_context(configurations_.plain());
    const LibCtx with = library_context(configurations_.with_trustx());
    const LibCtx preferring = library_context(configurations_.preferring_trustx());
    const TlsFiles software_files{simulator_.directory() / "tls-software"};
    const TlsFiles chip_files{simulator_.directory() / "tls-chip"};
    std::filesystem::create_directories(software_files.directory);
    std::filesystem::create_directories(chip_files.directory);
    issue_certificates(software_files, load(plain.get(), read_file(software_key())).get());
    const Pkey chip = load(with.get(), read_file(chip_key()));
    // The public half of the chip key, so that the certificate is made by the default provider alone.
    unsigned char* spki = nullptr;
    const int size = i2d_PUBKEY(chip.get(), &spki);
    require(size > 0, "encode a public key");
    const unsigned char* cursor = spki;
    const Pkey chip_public(d2i_PUBKEY(nullptr, &cursor, size));
    OPENSSL_free(spki);
    require(chip_public != nullptr, "read a public key");
    issue_certificates(chip_files, chip_public.get());

    struct Contender {
        const char* name;
        TlsPair pair;
        std::vector<double> rates;
    };
    std::array contenders{
        Contender{"TLS 1.3 handshakes, software key, default provider alone",
                  TlsPair({plain.get(), plain.get()}, software_files, software_key()),
                  {}},
        Contender{"TLS 1.3 handshakes, software key, ?provider=trustx",
                  TlsPair({preferring.get(), preferring.get()}, software_files, software_key()),
                  {}},
        Contender{"TLS 1.3 handshakes, chip key that takes no time",
                  TlsPair({with.get(), with.get()}, chip_files, chip_key()),
                  {}},
    };
    std::vector<double> slower;  // by how much the second is slower than the first in the same round
    for (int round = 0; round < effort_.rounds; ++round) {
        for (auto& contender : contenders) {
            const auto took = time_of([&] {
                for (int i = 0; i < effort_.handshakes; ++i) {
                    static_cast<void>(contender.pair.handshake());
                }
            });
            contender.rates.push_back(effort_.handshakes / took.count());
        }
        slower.push_back(contenders[0].rates.back() / contenders[1].rates.back() * 100 - 100);
    }
    for (const auto& contender : contenders) {
        line(contender.name, median(contender.rates), "/s");
    }
    line("  ?provider=trustx slower than default, median of rounds", median(slower), "%");
}

void Figures::memory() const {
    const LibCtx libctx = library_context(configurations_.with_trustx());
    struct Kind {
        const char* name;
        std::string pem;
    };
    const std::array kinds{Kind{"memory of a loaded software key", read_file(software_key())},
                           Kind{"memory of a loaded chip key", read_file(chip_key())}};
    for (const auto& kind : kinds) {
        const Pkey first = load(libctx.get(), kind.pem);
        std::vector<Pkey> keys;
        keys.reserve(static_cast<std::size_t>(effort_.keys));
        const auto before = ::mallinfo2().uordblks;
        for (int i = 0; i < effort_.keys; ++i) {
            keys.push_back(load(libctx.get(), kind.pem));
        }
        const auto after = ::mallinfo2().uordblks;
        line(kind.name, (static_cast<double>(after) - static_cast<double>(before)) / effort_.keys, "bytes");
    }
}

void Figures::resident_memory() const {
    std::printf("memory that the provider adds to a process:\n");
    const auto outcome = run(program("trustx_provider_figures"),
                             {"--resident", configurations_.plain().string(), software_key().string(),
                              configurations_.with_trustx().string(), chip_key().string()});
    check(outcome);
    std::printf("%s", outcome.out.c_str());
}

}  // namespace
}  // namespace trustx::test

int main(int argc, char** argv) try {
    using trustx::test::Effort;
    if (argc == 6 && std::strcmp(argv[1], "--resident") == 0) {
        trustx::test::print_resident_memory_added(argv[2], argv[3], argv[4], argv[5]);
        return 0;
    }
    const bool quick = argc == 2 && std::strcmp(argv[1], "--quick") == 0;
    if (argc > 1 && !quick) {
        std::cerr << "usage: trustx_provider_figures [--quick]\n";
        return 2;
    }
    trustx::test::Figures{quick ? Effort::quick() : Effort{}}.print();
    return 0;
} catch (const std::exception& error) {
    std::cerr << argv[0] << ": " << error.what() << '\n';
    return 1;
}
