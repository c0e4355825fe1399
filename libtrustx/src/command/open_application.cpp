// SPDX-License-Identifier: Apache-2.0
#include "command/open_application.hpp"

#include <array>

namespace trustx {
namespace {

// Application identifier: the RID and "GenAuthAppl" (chip-commands.md section 6.1).
constexpr std::array<std::uint8_t, 16> application_identifier{0xD2, 0x76, 0x00, 0x00, 0x04, 'G', 'e', 'n',
                                                              'A',  'u',  't',  'h',  'A',  'p', 'p', 'l'};

}  // namespace

Result<void> OpenApplication::encode(ApduWriter& apdu) {
    apdu.bytes(application_identifier);
    return {};
}

}  // namespace trustx
