// SPDX-License-Identifier: Apache-2.0
// OpenApplication starts the chip's application. Sessions, a running hash and the authentication scheme are lost, so
// the device sends it only to a chip whose application is not open. (70, chip-commands.md section 6.1)
#pragma once

#include "command/apdu.hpp"

#include <trustx/commands.hpp>

namespace trustx {

struct OpenApplication {
    using Response = NoResponse;
    static constexpr CommandInfo info{"OpenApplication", 0x70 | clear_last_error, Repeatable::yes,
                                      Openness::everything};

    static CommandFacts facts() { return {.param = 0x00}; }

 private:
    friend class CommandCall;
    static Result<void> encode(ApduWriter& apdu);
};

}  // namespace trustx
