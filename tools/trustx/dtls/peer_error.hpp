// SPDX-License-Identifier: Apache-2.0
// What is wrong with a DTLS server or with the way to it, where the library has no code of its own, or one that says
// something else about a chip. As with InputErrc, operation() has everything that there is to say and what to do about
// it; the code sorts it.
#pragma once

#include <trustx/result.hpp>

#include <system_error>

namespace trustx::cli {

enum class PeerErrc {
    name_not_found = 1,  // the name has no address, or whoever should know does not answer
    unreachable = 2,     // no socket leads there, or the network says that nobody listens
    interrupted = 3,     // the user ended it first (SIGINT, SIGTERM)
    untrusted = 4,       // the chip, or we, do not accept the server's certificate
    unsuitable = 5,      // the server chose what the chip does not do
    fell_silent = 6,     // the server answered at first, and then no more
};

const std::error_category& peer_category() noexcept;

inline std::error_code make_error_code(PeerErrc code) noexcept {
    return {static_cast<int>(code), peer_category()};
}

}  // namespace trustx::cli

template <>
struct std::is_error_code_enum<trustx::cli::PeerErrc> : std::true_type {};
