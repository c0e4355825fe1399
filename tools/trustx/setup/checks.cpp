// SPDX-License-Identifier: Apache-2.0
#include "setup/checks.hpp"

#include "cli/arguments.hpp"
#include "common/openssl/environment.hpp"
#include "common/try.hpp"

namespace trustx::cli {
namespace {

openssl::LibraryContext load_provider(CheckReport& report, const std::string& path,
                                      const std::optional<OpensslConfiguration>& configuration) {
    if (!configuration || !configuration->activates_trustx()) {
        report.skipped("provider", "it is not activated");
        return nullptr;
    }
    return check_provider(report, path, *configuration->trustx());
}

// What the installed files and the unit allow is judged by the settings that the chip is looked for with.
void check_surroundings(CheckReport& report, const Context& context, const SettingValues& openssl_conf,
                        const std::optional<UnitSettings>& unit, const std::string& root) {
    const auto settings = resolve_settings(context.overrides(openssl_conf));
    if (!settings) {
        return;  // check_chip says why
    }
    check_system(report, *settings, root);
    if (unit) {
        check_service(report, *unit, *settings, root);
    }
}

}  // namespace

// A key file may name a section of trustx.conf, and the provider then uses the chip of that section.
Context context_for(const Context& context, const std::optional<KeyFile>& key) {
    auto meant = context;
    if (key && !context.device && !context.device_name) {
        meant.key_device = key->reference.device;
    }
    return meant;
}

Result<void> check_setup(const Context& context, const SetupCheckOptions& options) {
    CheckReport report;
    TRY(const auto dtls_key, options.dtls.empty() ? Result<ObjectId>{} : parse_slot(options.dtls));
    TRY(const auto unit, become_checked(report, options));
    const auto path = options.config.empty() ? openssl::configuration_file() : options.config;
    const auto configuration = check_configuration(report, path);
    const auto* entry = configuration ? configuration->trustx() : nullptr;
    const auto settings = entry != nullptr ? check_settings(report, *configuration, *entry) : SettingValues{};
    if (entry != nullptr) {
        check_scope(report, *configuration, *entry, settings, unit.has_value());
    }
    const auto libctx = load_provider(report, path, configuration);
    const auto key = options.key.empty() ? std::nullopt : check_key_file(report, options.key);
    auto chip = check_chip(report, context_for(context, key), settings);
    check_surroundings(report, context_for(context, key), settings, unit, options.root);
    if (chip) {
        check_certificate_objects(report, *chip, key);
        check_verify_anchors(report, *chip, settings);
    }
    if (!options.dtls.empty() && chip) {
        check_dtls(report, *chip, dtls_key);
    } else if (!options.dtls.empty()) {
        report.skipped("DTLS", "no chip answers");
    }
    if (!options.certificate.empty()) {
        check_certificate_file(report, options.certificate, key);
    }
    if (options.key.empty()) {
        report.note("signature", "not tried; `--key FILE` makes one");
    } else if (libctx == nullptr || !chip || !key) {
        report.skipped("signature", "provider, chip or key file are missing");
    } else {
        check_signature(report, libctx.get(), *chip, *key);
    }
    return report.finish(options.json);
}

}  // namespace trustx::cli
