// SPDX-License-Identifier: Apache-2.0
#include "command/apdu.hpp"
#include "command/no_response.hpp"

#include <array>

namespace trustx {
namespace {

// Bit 7 of Cmd clears the last error code first, as the chip's own host library does (chip-commands.md section 1).
constexpr std::uint8_t cmd_open_application = 0xF0;
constexpr std::uint8_t param_initialise = 0x00;

// Application identifier: the RID and "GenAuthAppl" (chip-commands.md section 6.1).
constexpr std::array<std::uint8_t, 16> application_identifier{0xD2, 0x76, 0x00, 0x00, 0x04, 'G', 'e', 'n',
                                                              'A',  'u',  't',  'h',  'A',  'p', 'p', 'l'};

}  // namespace

Result<void> OpenApplication::encode(ApduWriter& apdu) const {
    apdu.begin(cmd_open_application, param_initialise);
    apdu.bytes(application_identifier);
    return apdu.finish();
}

Result<NoResponse> OpenApplication::decode(ByteView data) {
    return decode_no_response(data);
}

}  // namespace trustx
