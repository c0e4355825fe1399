// SPDX-License-Identifier: Apache-2.0
// OpenApplication (chip-commands.md section 6.1).
#include "model/command/command.hpp"

#include <algorithm>

namespace trustx::sim {

namespace {

constexpr std::array<std::uint8_t, 16> application_identifier{0xD2, 0x76, 0x00, 0x00, 0x04, 'G', 'e', 'n',
                                                              'A',  'u',  't',  'h',  'A',  'p', 'p', 'l'};

}  // namespace

Outcome<Bytes> open_application(CommandContext& context, const Request& request) {
    if (request.param != 0x00) {
        return fail(ErrorCode::invalid_param);
    }
    if (request.data.size() != application_identifier.size()) {
        return fail(ErrorCode::invalid_length);
    }
    if (!std::equal(request.data.begin(), request.data.end(), application_identifier.begin())) {
        return fail(ErrorCode::invalid_parameter_in_data);
    }
    if (context.chip.byte(ObjectId::lcs_global) == static_cast<std::uint8_t>(LifeCycle::termination)) {
        return fail(ErrorCode::command_not_available);
    }
    const ErrorCode last_error = context.application.last_error;
    context.application = ApplicationState{};
    context.application.open = true;
    context.application.last_error = last_error;
    context.chip.byte(ObjectId::security_status_application) = 0x00;
    return Bytes{};
}

}  // namespace trustx::sim
