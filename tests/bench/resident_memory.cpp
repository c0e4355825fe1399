// SPDX-License-Identifier: Apache-2.0
#include "resident_memory.hpp"

#include "support/temp_dir.hpp"
#include "tls_pair.hpp"

#include <array>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

#include <openssl/pem.h>

namespace trustx::test {
namespace {

// All in kB. Pages that several processes share count fully in rss, in proportion in pss, and not at all in own.
struct Memory {
    long rss = 0;
    long pss = 0;
    long own = 0;

    static Memory now() {
        std::ifstream rollup("/proc/self/smaps_rollup");
        Memory memory;
        for (std::string line; std::getline(rollup, line);) {
            std::istringstream words(line);
            std::string name;
            long kilobytes = 0;
            words >> name >> kilobytes;
            memory.rss += name == "Rss:" ? kilobytes : 0;
            memory.pss += name == "Pss:" ? kilobytes : 0;
            memory.own += name == "Private_Clean:" || name == "Private_Dirty:" ? kilobytes : 0;
        }
        require(memory.rss > 0, "read /proc/self/smaps_rollup");
        return memory;
    }
};

void print(const char* what, const Memory& before, const Memory& after) {
    std::printf("  %-58s %12ld kB\n", (std::string(what) + ", RSS").c_str(), after.rss - before.rss);
    std::printf("  %-58s %12ld kB\n", (std::string(what) + ", PSS").c_str(), after.pss - before.pss);
    std::printf("  %-58s %12ld kB\n", (std::string(what) + ", private").c_str(), after.own - before.own);
}

LibCtx load_configuration(const std::filesystem::path& configuration) {
    LibCtx libctx(OSSL_LIB_CTX_new());
    require(libctx && OSSL_LIB_CTX_load_config(libctx.get(), configuration.c_str()) == 1, "load a configuration");
    return libctx;
}

void load_and_sign(OSSL_LIB_CTX* libctx, const std::filesystem::path& key_file) {
    const Bio bio(BIO_new_file(key_file.c_str(), "r"));
    require(bio != nullptr, "open a key file");
    const Pkey key(PEM_read_bio_PrivateKey_ex(bio.get(), nullptr, nullptr, nullptr, libctx, nullptr));
    require(key != nullptr, "load a key");
    static constexpr std::array<unsigned char, 64> message{};
    std::array<unsigned char, 128> signature{};
    std::size_t size = signature.size();
    const MdCtx context(EVP_MD_CTX_new());
    require(EVP_DigestSignInit_ex(context.get(), nullptr, "SHA256", libctx, nullptr, key.get(), nullptr) == 1 &&
                EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) == 1,
            "sign");
}

}  // namespace

void print_resident_memory_added(const std::filesystem::path& plain_configuration,
                                 const std::filesystem::path& software_key,
                                 const std::filesystem::path& trustx_configuration,
                                 const std::filesystem::path& chip_key) {
    const LibCtx plain = load_configuration(plain_configuration);
    load_and_sign(plain.get(), software_key);
    // Another context without trustx: what a second one needs is not the provider's.
    const LibCtx second = load_configuration(plain_configuration);
    load_and_sign(second.get(), software_key);
    const Memory at_first = Memory::now();
    const LibCtx with_trustx = load_configuration(trustx_configuration);
    const Memory loaded = Memory::now();
    load_and_sign(with_trustx.get(), chip_key);
    const Memory signed_once = Memory::now();
    print("loading the provider", at_first, loaded);
    print("loading it and the first signature", at_first, signed_once);
}

}  // namespace trustx::test
