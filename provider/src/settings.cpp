// SPDX-License-Identifier: Apache-2.0
#include "settings.hpp"

namespace trustx::provider {
namespace {

constexpr std::string_view verify_anchors_name = "verify-anchors";

}  // namespace

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
        if (taken) {
            continue;
        }
        const ProviderError fault = fail(Reason::setting_invalid, taken.error().message()).value();
        if (!settings.fault) {
            settings.fault = fault;
        }
        if (name == verify_anchors_name) {
            settings.anchors_fault = fault;
        }
    }
    const auto is = [&settings](std::string_view name, std::string_view text) {
        const auto* const value = settings.values.find(name);
        return value != nullptr && value->text == text;
    };
    const auto flag = [&settings](std::string_view name, bool otherwise) {
        const auto* const value = settings.values.find(name);
        return value == nullptr ? otherwise : parse_flag(value->text).value_or(otherwise);
    };
    settings.self_verify = flag("self-verify", settings.self_verify);
    settings.claim_fips = flag("claim-fips", settings.claim_fips);
    settings.open_at_load = is("open", "load");
    settings.child_library_context = is("library-context", "child");
    // What cannot be read may have been meant to be more: then handshakes fail, with the fault.
    const bool unread_scope = core.parameter("scope") && settings.values.find("scope") == nullptr;
    if (is("scope", "key-schedule")) {
        settings.scope = Scope::key_schedule;
    } else if (is("scope", "ephemeral") || unread_scope) {
        settings.scope = Scope::ephemeral;
    }
    settings.ephemeral_fallback = is("ephemeral-fallback", "software");
    if (const auto* timeout = settings.values.find("session-timeout-ms")) {
        settings.session_timeout = parse_timeout(timeout->text).value_or(settings.session_timeout);
    }
    if (const auto* anchors = settings.values.find(verify_anchors_name)) {
        settings.verify_anchors = parse_verify_anchors(anchors->text).value_or(std::vector<VerifyAnchor>{});
    }
    return settings;
}

Outcome<void> ProviderSettings::check() const {
    if (fault) {
        return tl::unexpected<ProviderError>(*fault);
    }
    return {};
}

}  // namespace trustx::provider
