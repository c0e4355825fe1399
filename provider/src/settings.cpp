// SPDX-License-Identifier: Apache-2.0
#include "settings.hpp"

namespace trustx::provider {

// libcrypto tells a value by its name and does not list the names: an unknown one is found by `trustx setup check`.
ProviderSettings ProviderSettings::read(const Core& core) {
    ProviderSettings settings;
    for (const std::string_view name : setting_names(SettingLayer::openssl_conf)) {
        const auto text = core.parameter(std::string{name}.c_str());
        if (!text) {
            continue;
        }
        const auto taken =
            settings.values.set(SettingLayer::openssl_conf, name, *text, "the provider's section of openssl.cnf");
        if (!taken && !settings.fault) {
            settings.fault = fail(Reason::setting_invalid, taken.error().message()).value();
        }
    }
    const auto flag = [&settings](std::string_view name, bool otherwise) {
        const auto* const value = settings.values.find(name);
        return value == nullptr ? otherwise : parse_flag(value->text).value_or(otherwise);
    };
    settings.self_verify = flag("self-verify", settings.self_verify);
    settings.claim_fips = flag("claim-fips", settings.claim_fips);
    const auto* open = settings.values.find("open");
    settings.open_at_load = open != nullptr && open->text == "load";
    const auto* context = settings.values.find("library-context");
    settings.child_library_context = context != nullptr && context->text == "child";
    return settings;
}

Outcome<void> ProviderSettings::check() const {
    if (fault) {
        return tl::unexpected<ProviderError>(*fault);
    }
    return {};
}

}  // namespace trustx::provider
