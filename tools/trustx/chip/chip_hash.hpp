// SPDX-License-Identifier: Apache-2.0
// SHA-256 on the chip over data of any length.
#pragma once

#include "cli/context.hpp"

namespace trustx::cli {

// ChipHash takes the running state out of the chip after each command and puts it back before the next
// (chip-commands.md section 6.7), so that other programs may hash in between.
class ChipHash {
 public:
    explicit ChipHash(Chip& chip) : chip_{chip} {}

    Result<void> update(ByteView data);
    // finish gives the 32 bytes.
    Result<Bytes> finish();

 private:
    Result<void> send();

    Chip& chip_;
    Bytes pending_;
    Bytes context_;  // empty before the first command
};

}  // namespace trustx::cli
