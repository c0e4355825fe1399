// SPDX-License-Identifier: Apache-2.0
#include "workbench.hpp"

#include "support/build_tree.hpp"
#include "support/catch.hpp"

#include <trustx/key_reference.hpp>

#include <sstream>
#include <stdexcept>

#include <openssl/core_names.h>
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/pem.h>

namespace trustx::test {
namespace {

std::string configuration_text(const BenchOptions& options, const std::filesystem::path& directory) {
    const bool ahead_and_preferred = options.arrangement == Arrangement::ahead_and_preferred;
    const bool preferred = options.arrangement == Arrangement::trustx_preferred || ahead_and_preferred;
    const bool ahead_by_name = options.arrangement == Arrangement::ahead_by_name || ahead_and_preferred;
    const std::string provider = ahead_by_name ? "a-trustx" : "trustx";
    const std::string trustx = options.with_trustx ? provider + " = trustx_sect\n" : "";
    // OpenSSL 4.0 issues no certificate without `extensions`.
    std::string text =
        "openssl_conf = openssl_init\nextensions = issued\n[issued]\n[openssl_init]\nproviders = provider_sect\n";
    text += preferred ? "alg_section = alg_sect\n[alg_sect]\ndefault_properties = ?provider=trustx\n" : "";
    text += "[provider_sect]\n";
    text += options.arrangement == Arrangement::trustx_first || ahead_by_name ? trustx + "default = default_sect\n"
                                                                              : "default = default_sect\n" + trustx;
    text += "[default_sect]\nactivate = 1\n[trustx_sect]\nactivate = 1\n";
    text += "module = " + (module_directory() / "trustx.so").string() + "\n";
    text += "device = " + options.device + "\n";
    if (!options.settings.contains("lock-directory")) {
        text += "lock-directory = " + directory.string() + "\n";
    }
    for (const auto& [name, value] : options.settings) {
        text += name + " = " + value + "\n";
    }
    // As in the file that OpenSSL installs: what `req -x509` makes is a CA.
    return text +
           "[req]\ndistinguished_name = dn\nx509_extensions = v3_ca\n[dn]\n[ca]\ndefault_ca = demo_ca\n"
           "[v3_ca]\nbasicConstraints = critical,CA:true\n";
}

}  // namespace

std::string name_of(Arrangement arrangement) {
    switch (arrangement) {
        case Arrangement::default_first:
            return "default first";
        case Arrangement::trustx_first:
            return "trustx first";
        case Arrangement::ahead_by_name:
            return "ahead by its name";
        case Arrangement::ahead_and_preferred:
            return "ahead by its name, ?provider=trustx";
        case Arrangement::trustx_preferred:
            break;
    }
    return "?provider=trustx";
}

Bench::Bench(BenchOptions options) {
    ERR_clear_error();  // of tests before this one: OSSL_DECODER judges by the oldest error that it finds
    write_file(configuration(), configuration_text(options, directory_.path()));
}

ProcessOptions Bench::process_options() const {
    ProcessOptions options;
    options.environment = foreign_program_environment();
    options.environment["OPENSSL_CONF"] = configuration().string();
    options.without_environment = {"TRUSTX_DEVICE", "TRUSTX_CONF", "TRUSTX_LOCK_DIRECTORY"};
    options.directory = directory_.path();
    return options;
}

Outcome Bench::openssl(const std::vector<std::string>& arguments, std::optional<std::string> input) const {
    ProcessOptions options = process_options();
    options.input = std::move(input);
    return run("openssl", arguments, options);
}

std::string Bench::must_openssl(const std::vector<std::string>& arguments, std::optional<std::string> input) const {
    const Outcome outcome = openssl(arguments, std::move(input));
    std::string line = "openssl";
    for (const auto& argument : arguments) {
        line += " " + argument;
    }
    INFO(line << "\n" << outcome.both());
    REQUIRE(outcome.ok());
    return outcome.out;
}

LibCtx Bench::libctx() const {
    LibCtx libctx(OSSL_LIB_CTX_new());
    if (libctx == nullptr || OSSL_LIB_CTX_load_config(libctx.get(), configuration().c_str()) != 1) {
        throw std::runtime_error("cannot load " + configuration().string() + ": " + joined(take_errors()));
    }
    return libctx;
}

ChipBench::ChipBench(Arrangement arrangement, std::map<std::string, std::string> settings)
    : bench_{with(arrangement, std::move(settings))} {}

ChipBench::ChipBench(SimulatorOptions options)
    : simulator_{std::move(options)}, bench_{with(Arrangement::default_first)} {}

Bench ChipBench::with(Arrangement arrangement, std::map<std::string, std::string> settings) const {
    // One lock directory for all that use this chip.
    settings.try_emplace("lock-directory", simulator_.directory().path().string());
    return Bench(
        BenchOptions{.device = simulator_.address(), .arrangement = arrangement, .settings = std::move(settings)});
}

std::filesystem::path ChipBench::make_key(const std::string& slot, const std::string& group, const std::string& usage) {
    const auto file = bench_.path(slot + ".pem");
    bench_.must_openssl({"genpkey", "-propquery", "?provider=trustx", "-algorithm", "EC", "-pkeyopt", "group:" + group,
                         "-pkeyopt", "slot:" + slot, "-pkeyopt", "usage:" + usage, "-out", file.string()});
    return file;
}

std::uint64_t ChipBench::private_key_uses() const {
    return simulator_.stats().at("private_key_uses");
}

std::uint64_t ChipBench::transfers() const {
    return simulator_.stats().at("transfers");
}

Pkey load_key(OSSL_LIB_CTX* libctx, const std::filesystem::path& file) {
    const Bio bio(BIO_new_file(file.c_str(), "r"));
    return Pkey(PEM_read_bio_PrivateKey_ex(bio.get(), nullptr, nullptr, nullptr, libctx, nullptr));
}

Pkey software_key(OSSL_LIB_CTX* libctx, const std::string& group) {
    const PkeyCtx ctx(EVP_PKEY_CTX_new_from_name(libctx, "EC", "provider=default"));
    EVP_PKEY* key = nullptr;
    if (EVP_PKEY_keygen_init(ctx.get()) != 1 || EVP_PKEY_CTX_set_group_name(ctx.get(), group.c_str()) != 1 ||
        EVP_PKEY_generate(ctx.get(), &key) != 1) {
        throw std::runtime_error("no software key: " + joined(take_errors()));
    }
    return Pkey(key);
}

std::string spki_of(EVP_PKEY* key) {
    unsigned char* der = nullptr;
    const int size = i2d_PUBKEY(key, &der);
    std::string spki(reinterpret_cast<const char*>(der), size > 0 ? static_cast<std::size_t>(size) : 0);
    OPENSSL_free(der);
    return spki;
}

bool signs(OSSL_LIB_CTX* libctx, EVP_PKEY* key) {
    const std::string spki = spki_of(key);
    const auto* at = reinterpret_cast<const unsigned char*>(spki.data());
    const Pkey judge(d2i_PUBKEY_ex(nullptr, &at, static_cast<long>(spki.size()), libctx, "provider=default"));
    const std::array<unsigned char, 7> message{'m', 'e', 's', 's', 'a', 'g', 'e'};
    std::array<unsigned char, 128> signature{};
    std::size_t size = signature.size();
    const MdCtx signing(EVP_MD_CTX_new());
    const MdCtx judging(EVP_MD_CTX_new());
    return judge != nullptr &&
           EVP_DigestSignInit_ex(signing.get(), nullptr, "SHA256", libctx, nullptr, key, nullptr) == 1 &&
           EVP_DigestSign(signing.get(), signature.data(), &size, message.data(), message.size()) == 1 &&
           EVP_DigestVerifyInit_ex(judging.get(), nullptr, "SHA256", libctx, "provider=default", judge.get(),
                                   nullptr) == 1 &&
           EVP_DigestVerify(judging.get(), signature.data(), size, message.data(), message.size()) == 1;
}

std::string first_error_line(const Outcome& outcome) {
    // `openssl dgst` of 4.0 looks for a digest called dgst before anything else, and leaves what libcrypto says to that
    // in the queue.
    const std::string before_the_command = "Algorithm (dgst :";
    std::istringstream lines{outcome.err};
    for (std::string line; std::getline(lines, line);) {
        if (line.find(":error:") != std::string::npos && line.find(before_the_command) == std::string::npos) {
            return line;
        }
    }
    return {};
}

std::string reference_pem(EVP_PKEY* key, const std::string& slot) {
    const std::string spki = spki_of(key);
    const auto public_key =
        PublicKey::from_subject_public_key_info({reinterpret_cast<const std::uint8_t*>(spki.data()), spki.size()});
    const KeyReference reference{.key = ObjectId::parse(slot).value(),
                                 .public_key = public_key.value(),
                                 .coprocessor = std::nullopt,
                                 .device = {},
                                 .label = {}};
    const Bytes der = reference.to_der();
    const Bio bio(BIO_new(BIO_s_mem()));
    PEM_write_bio(bio.get(), KeyReference::pem_label, "", der.data(), static_cast<long>(der.size()));
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

}  // namespace trustx::test
