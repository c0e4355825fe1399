// SPDX-License-Identifier: Apache-2.0
// The answer of commands that only succeed or fail.
#pragma once

#include <trustx/commands.hpp>

namespace trustx {

inline Result<NoResponse> decode_no_response(ByteView data) {
    if (!data.empty()) {
        return fail(Errc::response_malformed, std::to_string(data.size()) + " bytes where none were expected");
    }
    return NoResponse{};
}

}  // namespace trustx
