// SPDX-License-Identifier: Apache-2.0
#include "common/try.hpp"
#include "settings/declarations.hpp"

#include <trustx/settings.hpp>

#include <algorithm>

namespace trustx {
namespace {

Result<const SettingDeclaration*> find_declaration(SettingLayer layer, std::string_view name) {
    const auto all = setting_declarations();
    const auto found = std::ranges::find(all, name, &SettingDeclaration::name);
    if (found != all.end() && found->allowed_in(layer)) {
        return &*found;
    }
    std::string known;
    for (const std::string_view other : setting_names(layer)) {
        known.append(known.empty() ? "" : ", ").append(other);
    }
    return fail(Errc::setting_invalid, "unknown setting `" + std::string{name} + "`, known are " + known);
}

}  // namespace

std::vector<std::string_view> setting_names(SettingLayer layer) {
    std::vector<std::string_view> names;
    for (const auto& setting : setting_declarations()) {
        if (setting.allowed_in(layer)) {
            names.push_back(setting.name);
        }
    }
    return names;
}

Result<void> SettingValues::set(SettingLayer layer, std::string_view name, std::string_view text, std::string source) {
    TRY(const auto* declaration, find_declaration(layer, name).during(source));
    TRYV(declaration->check(name, text, layer).during(source));
    if (find(name) != nullptr) {
        return fail(Errc::setting_invalid, source + ": `" + std::string{name} + "` is given twice");
    }
    values_.emplace(name, Value{std::string{text}, std::move(source)});
    return {};
}

const SettingValues::Value* SettingValues::find(std::string_view name) const {
    const auto found = values_.find(name);
    return found != values_.end() ? &found->second : nullptr;
}

void SettingValues::remove(std::string_view name) {
    if (const auto found = values_.find(name); found != values_.end()) {
        values_.erase(found);
    }
}

}  // namespace trustx
