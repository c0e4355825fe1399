// SPDX-License-Identifier: Apache-2.0
// Access condition expressions and life cycle states in words (chip-objects.md sections 4 and 5).
#include "codec/byte_reader.hpp"

#include <trustx/metadata.hpp>

#include <string_view>

namespace trustx {
namespace {

constexpr std::uint8_t always = 0x00;
constexpr std::uint8_t never = 0xFF;
constexpr std::uint8_t logical_and = 0xFD;
constexpr std::uint8_t logical_or = 0xFE;

// The word tables give an empty word for a byte they do not know.
std::string_view state_name(std::uint8_t state) {
    switch (static_cast<LifeCycleState>(state)) {
        case LifeCycleState::creation:
            return "creation";
        case LifeCycleState::initialisation:
            return "initialisation";
        case LifeCycleState::operational:
            return "operational";
        case LifeCycleState::termination:
            return "termination";
    }
    return {};
}

std::string_view operand_name(std::uint8_t identifier) {
    switch (identifier) {
        case 0x70:
            return "LcsG";
        case 0xE0:
            return "LcsA";
        case 0xE1:
            return "LcsO";
        default:
            return {};
    }
}

std::string_view comparison_name(std::uint8_t identifier) {
    switch (identifier) {
        case 0xFA:
            return "=";
        case 0xFB:
            return ">";
        case 0xFC:
            return "<";
        default:
            return {};
    }
}

std::string_view connective_name(std::uint8_t identifier) {
    switch (identifier) {
        case logical_and:
            return " and ";
        case logical_or:
            return " or ";
        default:
            return {};
    }
}

// condition reads one comparison of three bytes: `E1 FC 07`.
std::string condition(ByteReader& reader) {
    const std::string_view operand = operand_name(reader.u8());
    const std::string_view comparison = comparison_name(reader.u8());
    const auto state = static_cast<LifeCycleState>(reader.u8());
    if (operand.empty() || comparison.empty()) {
        reader.fail();
    }
    return std::string{operand}.append(" ").append(comparison).append(" ") + to_string(state);
}

}  // namespace

std::string to_string(LifeCycleState state) {
    const auto value = static_cast<std::uint8_t>(state);
    const std::string_view name = state_name(value);
    return name.empty() ? "0x" + to_hex({&value, 1}) : std::string{name};
}

std::string explain_access(const std::optional<Bytes>& expression) {
    if (!expression) {
        return "never";
    }
    if (expression->size() == 1 && (expression->front() == always || expression->front() == never)) {
        return expression->front() == always ? "always" : "never";
    }
    ByteReader reader{*expression};
    std::string text = condition(reader);
    while (reader.left() > 0) {
        const std::string_view connective = connective_name(reader.u8());
        if (connective.empty()) {
            reader.fail();
        }
        text += connective;
        text += condition(reader);
    }
    return reader.done() ? text : "unknown condition " + to_hex(*expression);
}

}  // namespace trustx
