// SPDX-License-Identifier: Apache-2.0
// Metadata of an object: life cycle state, sizes, access conditions, key algorithm and usage.
// Source: chip-objects.md sections 2 to 5.
#pragma once

#include <trustx/bytes.hpp>
#include <trustx/export.hpp>
#include <trustx/key.hpp>
#include <trustx/result.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace trustx {

// LifeCycleState of the chip (LcsG), the application (LcsA) or an object (LcsO). It can only be raised.
enum class LifeCycleState : std::uint8_t {
    creation = 0x01,
    initialisation = 0x03,
    operational = 0x07,
    termination = 0x0F
};

// is_life_cycle_state says whether a value is one of the four.
TRUSTX_EXPORT bool is_life_cycle_state(LifeCycleState state) noexcept;
// to_string names a state; a value outside the four is shown as a number.
TRUSTX_EXPORT std::string to_string(LifeCycleState state);
// parse_life_cycle_state reads the name of a state. Error: Errc::argument_invalid.
TRUSTX_EXPORT Result<LifeCycleState> parse_life_cycle_state(std::string_view name);

// Metadata holds the tags that were present; an absent optional is an absent tag.
struct TRUSTX_EXPORT Metadata {
    static constexpr std::size_t max_encoded = 28;  // all of an object's metadata, header included

    std::optional<LifeCycleState> life_cycle;  // C0
    std::optional<std::uint16_t> max_size;     // C4, bytes
    std::optional<std::uint16_t> used_size;    // C5, bytes
    std::optional<Bytes> change_access;        // D0, an access condition expression
    std::optional<Bytes> read_access;          // D1
    std::optional<Bytes> execute_access;       // D3, successor chips
    std::optional<Curve> key_algorithm;        // E0: a key is present
    std::optional<KeyUsage> key_usage;         // E1
    std::size_t other_tags = 0;                // bytes of the tags that have no field here; encode leaves them out

    // parse reads `20 LL` and its TLVs; unknown tags are counted. Error: Errc::metadata_malformed.
    static Result<Metadata> parse(ByteView tlv);
    // encode gives `20 LL` and the present tags in ascending order. Throws std::length_error when an expression or the
    // whole exceeds the 255 bytes that the form can hold; SetMetadata checks the chip's own, lower limit.
    [[nodiscard]] Bytes encode() const;

    friend bool operator==(const Metadata&, const Metadata&) = default;
};

// never_allows says whether an access condition forbids the access in every state. An absent condition does
// (chip-objects.md section 2).
TRUSTX_EXPORT bool never_allows(const std::optional<Bytes>& expression) noexcept;
// LifeCycles are the states that access conditions compare: LcsG, LcsA and LcsO (chip-objects.md section 4). The first
// two have the values that a new chip has.
struct LifeCycles {
    LifeCycleState chip = LifeCycleState::operational;
    LifeCycleState application = LifeCycleState::creation;
    LifeCycleState object = LifeCycleState::operational;
};

// Permission is what an access condition comes to. States only rise, so a refusal can be final.
enum class Permission : std::uint8_t {
    granted,
    later,    // refused now; a state that is still to come grants it
    never,    // refused now and in every state to come
    unknown,  // a condition of another chip, which cannot be evaluated here
};
// permission evaluates a condition as the chip does (chip-objects.md section 5). An absent one is never.
TRUSTX_EXPORT Permission permission(const std::optional<Bytes>& condition, const LifeCycles& states);

// is_access_condition says whether the chip can evaluate an expression (chip-objects.md section 5).
TRUSTX_EXPORT bool is_access_condition(ByteView expression);
// explain_access puts an access condition expression into words: "LcsO < operational". What cannot be read is shown in
// hexadecimal.
TRUSTX_EXPORT std::string explain_access(const std::optional<Bytes>& expression);
// parse_access is the inverse: `always`, `never`, or comparisons such as `LcsO < operational` joined by `and` and `or`,
// with a state by name or, as in `LcsG < 0x04`, by number. `and` binds closer (chip-objects.md section 5). Error:
// Errc::argument_invalid, naming the word that does not fit.
TRUSTX_EXPORT Result<Bytes> parse_access(std::string_view words);

}  // namespace trustx
