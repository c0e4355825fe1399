// SPDX-License-Identifier: Apache-2.0
// Everything the chip keeps in its non-volatile memory.
#pragma once

#include "model/chip/access_condition.hpp"
#include "model/chip/metadata.hpp"
#include "model/i2c/registers.hpp"

#include <array>
#include <map>
#include <string>

namespace trustx::sim {

enum class ObjectKind {
    data,         // arbitrary data, certificates, trust anchors
    system,       // fixed size, each with its own rules
    private_key,  // content is the scalar, and never leaves
    session,      // content is in the application context and is lost with it
};

struct Object {
    ObjectKind kind = ObjectKind::data;
    Metadata metadata;
    Bytes content;

    [[nodiscard]] std::size_t capacity() const { return metadata.max_size.value_or(0); }
    bool operator==(const Object&) const = default;
};

struct ChipState {
    std::string profile;
    std::map<ObjectId, Object> objects;
    std::uint8_t i2c_address = 0x30;
    std::uint8_t i2c_mode = mode_standard_and_fast;
    std::array<std::uint8_t, 32> context_key{};  // binds exported hash contexts to this chip
    Bytes ca_certificate;                        // issuer of E0E0, for users who want to verify it

    // find is nullptr for an OID that the chip does not know.
    [[nodiscard]] Object* find(ObjectId id) {
        const auto found = objects.find(id);
        return found == objects.end() ? nullptr : &found->second;
    }
    [[nodiscard]] const Object* find(ObjectId id) const {
        const auto found = objects.find(id);
        return found == objects.end() ? nullptr : &found->second;
    }

    // byte is the content of a system object of one byte, which exists on every chip.
    [[nodiscard]] std::uint8_t& byte(ObjectId id) { return objects.at(id).content.at(0); }
    [[nodiscard]] std::uint8_t byte(ObjectId id) const { return objects.at(id).content.at(0); }

    [[nodiscard]] access::States states_for(const Object& object) const {
        return {static_cast<LifeCycle>(byte(ObjectId::lcs_global)),
                static_cast<LifeCycle>(byte(ObjectId::lcs_application)), object.metadata.effective_life_cycle()};
    }
    // permits evaluates an access condition; an absent one is "never".
    [[nodiscard]] bool permits(const std::optional<Bytes>& expression, const Object& object) const {
        return expression && access::holds(*expression, states_for(object));
    }
    bool operator==(const ChipState&) const = default;
};

}  // namespace trustx::sim
