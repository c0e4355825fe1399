// SPDX-License-Identifier: Apache-2.0
// Every setting, declared once: its name, the layers that may have it, and what it takes.
#pragma once

#include <trustx/settings.hpp>

#include <span>
#include <string_view>

namespace trustx {

struct SettingDeclaration {
    std::string_view name;
    unsigned layers;
    const char* variable;  // its name in the environment; nullptr: not there
    // check says what is wrong with a value. Relative paths depend on the layer.
    Result<void> (*check)(std::string_view name, std::string_view text, SettingLayer layer);

    [[nodiscard]] bool allowed_in(SettingLayer layer) const {
        return (layers >> static_cast<unsigned>(layer) & 1U) != 0;
    }
};

std::span<const SettingDeclaration> setting_declarations() noexcept;

}  // namespace trustx
