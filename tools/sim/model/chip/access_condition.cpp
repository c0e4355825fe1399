// SPDX-License-Identifier: Apache-2.0
#include "model/chip/access_condition.hpp"

namespace trustx::sim::access {

namespace {

constexpr std::uint8_t lcs_global = 0x70;
constexpr std::uint8_t lcs_application = 0xE0;
constexpr std::uint8_t lcs_object = 0xE1;
constexpr std::uint8_t equal = 0xFA;
constexpr std::uint8_t greater = 0xFB;
constexpr std::uint8_t less = 0xFC;
constexpr std::uint8_t logical_and = 0xFD;
constexpr std::uint8_t logical_or = 0xFE;

constexpr int max_conditions_in_token = 7;
constexpr int max_tokens = 3;

// The value need not be a life cycle state: a chip was sold with `LcsG < 4` in its metadata (chip-objects.md section
// 5).
bool valid_condition(ByteReader& reader) {
    const auto identifier = reader.u8();
    const auto comparison = reader.u8();
    reader.u8();
    return !reader.failed() &&
           (identifier == lcs_global || identifier == lcs_application || identifier == lcs_object) &&
           (comparison == equal || comparison == greater || comparison == less);
}

bool condition_holds(ByteReader& reader, const States& states) {
    const auto identifier = reader.u8();
    const auto comparison = reader.u8();
    const auto value = reader.u8();
    const auto state = static_cast<std::uint8_t>(identifier == lcs_global        ? states.global
                                                 : identifier == lcs_application ? states.application
                                                                                 : states.object);
    return comparison == equal ? state == value : comparison == greater ? state > value : state < value;
}

bool is_simple(ByteView expression) {
    return expression.size() == 1 && (expression[0] == always || expression[0] == never);
}

}  // namespace

bool valid(ByteView expression) {
    if (is_simple(expression)) {
        return true;
    }
    ByteReader reader{expression};
    int conditions = 1;
    int tokens = 1;
    while (valid_condition(reader)) {
        if (reader.left() == 0) {
            return true;
        }
        const auto connective = reader.u8();
        if (connective != logical_and && connective != logical_or) {
            return false;
        }
        const bool new_token = connective == logical_or;
        tokens += new_token ? 1 : 0;
        conditions = new_token ? 1 : conditions + 1;
        if (conditions > max_conditions_in_token || tokens > max_tokens) {
            return false;
        }
    }
    return false;
}

bool holds(ByteView expression, const States& states) {
    if (is_simple(expression)) {
        return expression[0] == always;
    }
    // Conditions joined by "and" form a token; any true token is enough.
    ByteReader reader{expression};
    bool token = true;
    for (;;) {
        token = condition_holds(reader, states) && token;
        if (reader.left() == 0) {
            return token;
        }
        if (reader.u8() == logical_or) {
            if (token) {
                return true;
            }
            token = true;
        }
    }
}

}  // namespace trustx::sim::access
