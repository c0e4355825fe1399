// SPDX-License-Identifier: Apache-2.0
#include "setup/setup_check.hpp"

#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "common/files/input_error.hpp"
#include "common/files/input_file.hpp"
#include "common/keys/key_file.hpp"
#include "common/openssl/pem.hpp"
#include "common/try.hpp"
#include "setup/openssl_configuration.hpp"
#include "setup/setup_block.hpp"

#include <trustx/objects.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <vector>

#include <openssl/conf.h>
#include <openssl/err.h>
#include <openssl/provider.h>

namespace trustx::cli {
namespace fs = std::filesystem;
namespace {

using openssl::DigestContext;
using openssl::LibraryContext;

// Report collects what was found and prints it, a line each: "ok", "note" or "FAILED", the subject, and the finding.
class Report {
 public:
    void ok(const std::string& subject, const std::string& finding) { add("ok", subject, finding); }
    void note(const std::string& subject, const std::string& finding) { add("note", subject, finding); }
    void skipped(const std::string& subject, const std::string& why) { add("skipped", subject, why); }
    void failed(const std::string& subject, const Error& error, const std::string& remedy) {
        add("FAILED", subject, error.description() + "\n" + std::string(indent, ' ') + "remedy: " + remedy);
        if (!first_) {
            first_ = error.during(subject);
        }
    }
    void failed(const std::string& subject, InputErrc code, const std::string& finding, const std::string& remedy) {
        failed(subject, Error{code, finding}, remedy);
    }

    [[nodiscard]] Result<void> finish() const {
        TRYV(answer(text_));
        return first_ ? Result<void>{tl::unexpected<Error>(*first_)} : Result<void>{};
    }

 private:
    static constexpr std::size_t indent = 23;

    static std::string padded(std::string text, std::size_t width) {
        text.resize(std::max(width, text.size() + 1), ' ');
        return text;
    }
    void add(const std::string& verdict, const std::string& subject, const std::string& finding) {
        text_ += padded(verdict, 8) + padded(subject, indent - 8) + finding + "\n";
    }

    std::string text_;
    std::optional<Error> first_;
};

// Configuration: what the file says.
std::string how_activated(const ConfigurationText& parts, const ProviderEntry& entry) {
    return parts.block.empty() ? "by its section [" + entry.section + "]" : "by the block of `trustx setup enable`";
}

void report_default_provider(Report& report, const OpensslConfiguration& configuration) {
    if (configuration.activates("default")) {
        report.ok("default provider", "is activated as well");
    } else if (configuration.activates("fips")) {
        report.note("default provider", "is not activated, but fips is");
    } else {
        report.failed("default provider", InputErrc::check_failed,
                      "is not activated, and no longer implied because trustx is: nothing that uses TLS can work",
                      "add `default = default_sect` to [" + configuration.providers_section +
                          "], with `activate = 1` in [default_sect]");
    }
}

void report_properties(Report& report, const OpensslConfiguration& configuration) {
    const auto& properties = configuration.default_properties;
    if (properties.empty()) {
        return;
    }
    // A property without question mark is demanded of every algorithm.
    if (properties.front() == '?') {
        report.note("properties", "default_properties = " + properties + " is not needed for keys in the chip");
    } else {
        report.failed("properties", InputErrc::check_failed,
                      "default_properties = " + properties + " keeps programs away from providers that lack it",
                      "remove the line, or put a question mark in front of the property");
    }
}

// read_configuration reports on the file and gives what it says, if that can be told.
std::optional<OpensslConfiguration> read_configuration(Report& report, const std::string& path) {
    const auto content = files::read_input(path);
    if (!content) {
        report.failed("configuration", content.error(),
                      "name it with --config, or set OPENSSL_CONF to one that is there");
        return std::nullopt;
    }
    const std::string text{content->begin(), content->end()};
    const auto parts = ConfigurationText::split(text, path);
    const auto configuration = OpensslConfiguration::parse(text, path);
    for (const auto* failure : {parts ? nullptr : &parts.error(), configuration ? nullptr : &configuration.error()}) {
        if (failure != nullptr) {
            report.failed("configuration", *failure, "correct the file by hand");
            return std::nullopt;
        }
    }
    const auto* entry = configuration->find("trustx");
    if (!configuration->activates("trustx")) {
        report.failed("configuration", InputErrc::check_failed,
                      path + (entry == nullptr ? " does not name the provider trustx"
                                               : " names the provider trustx, but section [" + entry->section +
                                                     "] does not say `activate = 1`"),
                      "`trustx setup enable --config " + path + "`, or OPENSSL_CONF=/etc/trustx/openssl-trustx.cnf");
        return std::nullopt;
    }
    report.ok("configuration", path + " activates trustx " + how_activated(*parts, *entry));
    report_default_provider(report, *configuration);
    report_properties(report, *configuration);
    return *configuration;
}

// Module and provider: whether OpenSSL gets it to run.
std::string module_path(const ProviderEntry& entry) {
    const fs::path named = entry.module.value_or("trustx.so");
    return named.is_absolute() ? named.string() : (fs::path{module_directory()} / named).string();
}

bool report_module(Report& report, const std::string& path) {
    std::error_code error;
    if (!fs::is_regular_file(path, error)) {
        report.failed("module", InputErrc::malformed, "there is no " + path,
                      "install the provider there, or name its place with `module = /path/to/trustx.so` in the "
                      "provider's section");
        return false;
    }
    report.ok("module", path);
    return true;
}

// why_not_loaded asks for the module alone: a configuration is silent about modules that do not load.
std::string why_not_loaded(const std::string& module) {
    const auto libctx = openssl::must<LibraryContext>(OSSL_LIB_CTX_new());
    OSSL_PROVIDER_set_default_search_path(libctx.get(), fs::path{module}.parent_path().c_str());
    ERR_clear_error();
    auto* provider = OSSL_PROVIDER_load(libctx.get(), fs::path{module}.stem().c_str());
    if (provider == nullptr) {
        return openssl_errors();
    }
    OSSL_PROVIDER_unload(provider);
    return "it loads by itself, but not with this configuration";
}

LibraryContext load_provider(Report& report, const std::string& config, const std::string& module) {
    auto libctx = openssl::must<LibraryContext>(OSSL_LIB_CTX_new());
    ERR_clear_error();
    if (OSSL_LIB_CTX_load_config(libctx.get(), config.c_str()) != 1) {
        report.failed("provider", InputErrc::malformed, "OpenSSL gives up on " + config + ": " + openssl_errors(),
                      "correct what it names: OpenSSL stops at the first fault, and programs then go on without the "
                      "provider and without a word");
        return nullptr;
    }
    if (OSSL_PROVIDER_available(libctx.get(), "trustx") != 1) {
        report.failed("provider", InputErrc::check_failed, "OpenSSL does not get it to run: " + why_not_loaded(module),
                      "install the provider and its library libtrustx of one and the same version");
        return nullptr;
    }
    report.ok("provider", "loads");
    return libctx;
}

// Chip: through the library, with what the provider would use.
Result<Chip> open_configured_chip(const Context& context, const ProviderEntry* entry) {
    SettingOverrides overrides{.command_line = context.device, .device_name = context.device_name};
    for (const auto& [name, value] : entry == nullptr ? ProviderEntry{}.settings : entry->settings) {
        TRYV(overrides.openssl_conf.set(SettingLayer::openssl_conf, name, value,
                                        "section [" + entry->section + "] of the OpenSSL configuration"));
    }
    TRY(auto settings, resolve_settings(overrides));
    auto device = Device::open(settings.address, settings.options);
    return Chip{.settings = std::move(settings), .device = std::move(device)};
}

Result<std::string> occupied_slots(Chip& chip) {
    std::string slots;
    for (const auto& info : all_objects()) {
        if (info.kind != ObjectKind::key) {
            continue;
        }
        TRY(const auto metadata, chip.run(GetMetadata{.object = info.id}));
        if (metadata.key_algorithm) {
            slots += (slots.empty() ? "" : ", ") + info.id.hex();
        }
    }
    return slots;
}

bool report_chip(Report& report, const Context& context, const ProviderEntry* entry) {
    auto chip = open_configured_chip(context, entry);
    if (!chip) {
        report.failed("chip", chip.error(), "correct the setting");
        return false;
    }
    const auto uid = chip_uid(*chip);
    const auto where = chip->settings.address.text() + " (from " + chip->settings.source + ")";
    if (!uid) {
        report.failed("chip", uid.error(),
                      "the address is " + where +
                          "; look for the bus with `ls -l /dev/i2c-*`, for the chip with `i2cdetect -y 1`, for the "
                          "group with `id`; programs that use the chip belong into the group trustx");
        return false;
    }
    report.ok("chip", "answers at " + where + ", UID " + uid->hex());
    const auto slots = occupied_slots(*chip);
    if (!slots) {
        report.failed("keys", slots.error(), "`trustx info` says more");
        return false;
    }
    if (slots->empty()) {
        report.note("keys", "the chip holds none yet; `trustx keygen E0F1 --out key.pem` makes one");
    } else {
        report.ok("keys", "in " + *slots);
    }
    return true;
}

// Signature: what a program would do with a key file.
openssl::Pkey load_key(OSSL_LIB_CTX* libctx, const std::string& file) {
    const openssl::Bio bio{BIO_new_file(file.c_str(), "r")};
    return bio == nullptr ? nullptr : openssl::read_private_key(bio.get(), libctx);
}

bool sign_and_verify(OSSL_LIB_CTX* libctx, EVP_PKEY* key) {
    constexpr std::array<unsigned char, 12> message{'t', 'r', 'u', 's', 't', 'x', ' ', 's', 'e', 't', 'u', 'p'};
    std::array<unsigned char, 256> signature{};
    auto length = signature.size();
    const auto signer = openssl::must<DigestContext>(EVP_MD_CTX_new());
    const auto verifier = openssl::must<DigestContext>(EVP_MD_CTX_new());
    return EVP_DigestSignInit_ex(signer.get(), nullptr, "SHA256", libctx, nullptr, key, nullptr) == 1 &&
           EVP_DigestSign(signer.get(), signature.data(), &length, message.data(), message.size()) == 1 &&
           EVP_DigestVerifyInit_ex(verifier.get(), nullptr, "SHA256", libctx, nullptr, key, nullptr) == 1 &&
           EVP_DigestVerify(verifier.get(), signature.data(), length, message.data(), message.size()) == 1;
}

void report_signature(Report& report, OSSL_LIB_CTX* libctx, const std::string& file) {
    ERR_clear_error();
    const auto key = load_key(libctx, file);
    if (key == nullptr) {
        report.failed("signature", InputErrc::malformed,
                      "the key file " + file + " cannot be loaded: " + openssl_errors(),
                      "`trustx key-file SLOT --out " + file + "` writes it again");
        return;
    }
    const auto* provider = EVP_PKEY_get0_provider(key.get());
    if (provider == nullptr || std::string_view{OSSL_PROVIDER_get0_name(provider)} != "trustx") {
        report.failed("signature", InputErrc::check_failed, file + " holds a key in software, not one in the chip",
                      "name a file that `trustx keygen` or `trustx key-file` wrote");
        return;
    }
    if (!sign_and_verify(libctx, key.get())) {
        report.failed("signature", InputErrc::chip_failed, openssl_errors(),
                      "`trustx info` shows what is in the slots and whether the chip answers");
        return;
    }
    report.ok("signature", "the key of " + file + " signs, and the signature verifies; private key uses: 1");
}

}  // namespace

Result<void> check_setup(const Context& context, const SetupCheckOptions& options) {
    Report report;
    const auto path = options.config.empty() ? default_configuration_file() : options.config;
    const auto configuration = read_configuration(report, path);
    const auto* entry = configuration ? configuration->find("trustx") : nullptr;
    LibraryContext libctx;
    if (entry == nullptr) {
        report.skipped("provider", "it is not activated");
    } else if (const auto module = module_path(*entry); report_module(report, module)) {
        libctx = load_provider(report, path, module);
    }
    const bool chip_answers = report_chip(report, context, entry);
    if (options.key.empty()) {
        report.note("signature", "not tried; `--key FILE` makes one");
    } else if (libctx == nullptr || !chip_answers) {
        report.skipped("signature", "provider or chip are missing");
    } else {
        report_signature(report, libctx.get(), options.key);
    }
    return report.finish();
}

}  // namespace trustx::cli
