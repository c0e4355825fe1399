// SPDX-License-Identifier: Apache-2.0
// Access condition expressions and life cycle states in words (chip-objects.md sections 4 and 5).
#include "codec/parse_number.hpp"

#include <trustx/metadata.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

namespace trustx {
namespace {

constexpr std::uint8_t always = 0x00;
constexpr std::uint8_t never = 0xFF;
constexpr std::uint8_t logical_and = 0xFD;
constexpr std::uint8_t logical_or = 0xFE;

// Word is one byte of an expression and its name.
struct Word {
    std::uint8_t byte;
    std::string_view name;
};

constexpr std::array life_cycle_words{Word{0x01, "creation"}, Word{0x03, "initialisation"}, Word{0x07, "operational"},
                                      Word{0x0F, "termination"}};
constexpr std::uint8_t operand_chip = 0x70;
constexpr std::uint8_t operand_application = 0xE0;
constexpr std::array operands{Word{operand_chip, "LcsG"}, Word{operand_application, "LcsA"}, Word{0xE1, "LcsO"}};
constexpr std::uint8_t equal = 0xFA;
constexpr std::uint8_t greater = 0xFB;
constexpr std::uint8_t less = 0xFC;
constexpr std::array comparisons{Word{equal, "="}, Word{greater, ">"}, Word{less, "<"}};
constexpr std::array connectives{Word{logical_and, "and"}, Word{logical_or, "or"}};

template <std::size_t size>
std::optional<std::string> name_of(const std::array<Word, size>& table, std::uint8_t byte) {
    const auto* found = std::ranges::find(table, byte, &Word::byte);
    return found != table.end() ? std::optional{std::string{found->name}} : std::nullopt;
}

template <std::size_t size>
std::optional<std::uint8_t> byte_of(const std::array<Word, size>& table, std::string_view name) {
    const auto* found = std::ranges::find(table, name, &Word::name);
    return found != table.end() ? std::optional{found->byte} : std::nullopt;
}

// At most 7 comparisons joined by `and`, and 3 such tokens joined by `or` (chip-objects.md section 5).
constexpr std::size_t max_comparisons = 7;
constexpr std::size_t max_tokens = 3;

std::vector<std::string_view> split(std::string_view text) {
    constexpr std::string_view blanks = " \t";
    std::vector<std::string_view> words;
    for (std::size_t at = text.find_first_not_of(blanks); at != text.npos;) {
        const std::size_t end = std::min(text.find_first_of(blanks, at), text.size());
        words.push_back(text.substr(at, end - at));
        at = text.find_first_not_of(blanks, end);
    }
    return words;
}

std::optional<std::uint8_t> state_byte(std::string_view word) {
    if (const auto byte = byte_of(life_cycle_words, word)) {
        return byte;
    }
    const auto number = word.starts_with("0x") ? parse_hexadecimal(word.substr(2), 0xFF) : std::nullopt;
    return number ? std::optional{static_cast<std::uint8_t>(*number)} : std::nullopt;
}

// word_byte reads the word at a place of an expression: operand, comparison, state, connective, and again.
std::optional<std::uint8_t> word_byte(std::size_t place, std::string_view word) {
    switch (place % 4) {
        case 0:
            return byte_of(operands, word);
        case 1:
            return byte_of(comparisons, word);
        case 2:
            return state_byte(word);
        default:
            return byte_of(connectives, word);
    }
}

// word is the inverse of word_byte: nothing for a byte that does not fit there.
std::optional<std::string> word(std::size_t place, std::uint8_t byte) {
    switch (place % 4) {
        case 0:
            return name_of(operands, byte);
        case 1:
            return name_of(comparisons, byte);
        case 2:
            return to_string(static_cast<LifeCycleState>(byte));
        default:
            return name_of(connectives, byte);
    }
}

bool is_constant(ByteView expression) {
    return expression.size() == 1 && (expression.front() == always || expression.front() == never);
}

bool is_comparisons(ByteView expression) {
    bool fits = expression.size() % 4 == 3;
    for (std::size_t place = 0; fits && place < expression.size(); ++place) {
        fits = word(place, expression[place]).has_value();
    }
    return fits;
}

// exceeds_chip compares with the limits of the chip's evaluation.
bool exceeds_chip(ByteView expression) {
    std::size_t tokens = 1;
    std::size_t in_token = 1;
    for (std::size_t at = 3; at < expression.size(); at += 4) {
        const bool next_token = expression[at] == logical_or;
        tokens += next_token ? 1 : 0;
        in_token = next_token ? 1 : in_token + 1;
        if (tokens > max_tokens || in_token > max_comparisons) {
            return true;
        }
    }
    return false;
}

bool compares(std::uint8_t comparison, LifeCycleState state, std::uint8_t operand) {
    const auto value = static_cast<std::uint8_t>(state);
    switch (comparison) {
        case equal:
            return value == operand;
        case greater:
            return value > operand;
        default:
            return value < operand;
    }
}

LifeCycleState state_of(std::uint8_t operand, const LifeCycles& states) {
    switch (operand) {
        case operand_chip:
            return states.chip;
        case operand_application:
            return states.application;
        default:
            return states.object;
    }
}

// evaluate takes comparisons only: tokens joined by `or`, each of comparisons joined by `and`.
bool evaluate(ByteView expression, const LifeCycles& states) {
    bool token = true;
    for (std::size_t at = 0; at < expression.size(); at += 4) {
        if (at > 0 && expression[at - 1] == logical_or) {
            if (token) {
                return true;
            }
            token = true;
        }
        token = token && compares(expression[at + 1], state_of(expression[at], states), expression[at + 2]);
    }
    return token;
}

// evaluates_later tries every combination of states that can still be reached.
bool evaluates_later(ByteView expression, const LifeCycles& states) {
    for (const auto& chip : life_cycle_words) {
        for (const auto& application : life_cycle_words) {
            for (const auto& object : life_cycle_words) {
                const LifeCycles reached{LifeCycleState{chip.byte}, LifeCycleState{application.byte},
                                         LifeCycleState{object.byte}};
                if (reached.chip >= states.chip && reached.application >= states.application &&
                    reached.object >= states.object && evaluate(expression, reached)) {
                    return true;
                }
            }
        }
    }
    return false;
}

tl::unexpected<Error> no_condition(std::string_view words, std::string_view trouble) {
    return fail(Errc::argument_invalid, "access condition `" + std::string{words} + "`: " + std::string{trouble} +
                                            "; write always, never, or comparisons such as `LcsO < operational`, "
                                            "joined by `and` and `or`");
}

}  // namespace

std::string to_string(LifeCycleState state) {
    const auto value = static_cast<std::uint8_t>(state);
    return name_of(life_cycle_words, value).value_or("0x" + to_hex({&value, 1}));
}

bool is_life_cycle_state(LifeCycleState state) noexcept {
    return name_of(life_cycle_words, static_cast<std::uint8_t>(state)).has_value();
}

Result<LifeCycleState> parse_life_cycle_state(std::string_view name) {
    const auto byte = byte_of(life_cycle_words, name);
    if (!byte) {
        return fail(Errc::argument_invalid, "life cycle state `" + std::string{name} +
                                                "`, expected creation, initialisation, operational or termination");
    }
    return LifeCycleState{*byte};
}

bool never_allows(const std::optional<Bytes>& expression) noexcept {
    return !expression || (is_constant(*expression) && expression->front() == never);
}

Permission permission(const std::optional<Bytes>& condition, const LifeCycles& states) {
    if (never_allows(condition)) {
        return Permission::never;
    }
    if (is_constant(*condition)) {
        return Permission::granted;
    }
    if (!is_comparisons(*condition)) {
        return Permission::unknown;
    }
    if (evaluate(*condition, states)) {
        return Permission::granted;
    }
    return evaluates_later(*condition, states) ? Permission::later : Permission::never;
}

bool is_access_condition(ByteView expression) {
    return is_constant(expression) || (is_comparisons(expression) && !exceeds_chip(expression));
}

std::string explain_access(const std::optional<Bytes>& expression) {
    if (never_allows(expression)) {
        return "never";
    }
    if (is_constant(*expression)) {
        return "always";
    }
    if (!is_comparisons(*expression)) {
        return "unknown condition " + to_hex(*expression);
    }
    std::string text = *word(0, expression->front());
    for (std::size_t place = 1; place < expression->size(); ++place) {
        text.append(" ").append(*word(place, (*expression)[place]));
    }
    return text;
}

Result<Bytes> parse_access(std::string_view words) {
    const auto list = split(words);
    if (list.size() == 1 && (list.front() == "always" || list.front() == "never")) {
        return Bytes{list.front() == "always" ? always : never};
    }
    Bytes expression;
    for (std::size_t place = 0; place < list.size(); ++place) {
        const auto byte = word_byte(place, list[place]);
        if (!byte) {
            return no_condition(words, "`" + std::string{list[place]} + "` does not fit there");
        }
        expression.push_back(*byte);
    }
    if (expression.size() % 4 != 3) {
        return no_condition(words, "it is not complete");
    }
    if (exceeds_chip(expression)) {
        return no_condition(words, "the chip evaluates at most 3 alternatives of 7 comparisons each");
    }
    return expression;
}

}  // namespace trustx
