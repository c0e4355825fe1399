// SPDX-License-Identifier: Apache-2.0
// GetRandom (chip-commands.md section 6.4).
#include "model/command/command.hpp"

namespace trustx::sim {

Outcome<Bytes> get_random(CommandContext& context, const Request& request) {
    constexpr std::uint8_t param_trng = 0x00;
    constexpr std::uint8_t param_drng = 0x01;
    if (request.param != param_trng && request.param != param_drng) {
        return fail(ErrorCode::invalid_param);
    }
    ByteReader reader{request.data};
    const std::size_t length = reader.u16();
    if (!reader.complete()) {
        return fail(ErrorCode::invalid_length);
    }
    if (length < 0x0008 || length > 0x0100) {
        return fail(ErrorCode::invalid_parameter_in_data);
    }
    return context.crypto.random(length);
}

}  // namespace trustx::sim
