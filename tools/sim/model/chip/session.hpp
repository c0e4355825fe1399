// SPDX-License-Identifier: Apache-2.0
// What the application holds between commands and loses at reset (chip-commands.md section 4, chip-objects.md
// section 10).
#pragma once

#include "model/base/bytes.hpp"
#include "model/base/names.hpp"
#include "model/crypto/sha256.hpp"
#include "model/dtls/client.hpp"

#include <array>
#include <optional>
#include <variant>

namespace trustx::sim {

struct EphemeralKey {
    Curve curve;
    std::uint8_t usage;
    Bytes scalar;
};
struct SharedSecret {
    Bytes value;
};
using Session = std::variant<std::monostate, EphemeralKey, SharedSecret, dtls::Client>;

// Application is the volatile half of the chip.
struct ApplicationState {
    bool open = false;
    ErrorCode last_error = ErrorCode::none;
    std::array<Session, 4> sessions;
    std::optional<Sha256> running_hash;
    std::optional<ObjectId> authentication_key;
    std::optional<Bytes> challenge;

    [[nodiscard]] Session& session(ObjectId id) {
        return sessions.at(static_cast<std::size_t>(id) - static_cast<std::size_t>(ObjectId::session_1));
    }
    [[nodiscard]] const Session& session(ObjectId id) const {
        return sessions.at(static_cast<std::size_t>(id) - static_cast<std::size_t>(ObjectId::session_1));
    }
};

}  // namespace trustx::sim
