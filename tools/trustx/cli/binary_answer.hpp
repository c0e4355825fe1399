// SPDX-License-Identifier: Apache-2.0
// Answers that are bytes: where they go and how they are encoded, the same for every subcommand.
#pragma once

#include "cli/command_line.hpp"
#include "common/files/output_file.hpp"

#include <string>

namespace trustx::cli {

enum class Encoding { raw, hex, base64 };

// BinaryAnswer is what the user chose: --out, --raw, --hex, --base64.
struct BinaryAnswer {
    std::string out = "-";
    bool raw = false;
    bool hex = false;
    bool base64 = false;

    // encoding is hexadecimal on a terminal, and the bytes as they are otherwise, unless the user chose.
    [[nodiscard]] Encoding encoding() const;
    // check refuses raw bytes for a terminal; before the chip does anything for them.
    [[nodiscard]] Result<void> check() const;
};

// add_binary_answer declares the options.
void add_binary_answer(Command& command, BinaryAnswer& options);

// encode gives bytes in an encoding, without line break.
Bytes encode(ByteView bytes, Encoding encoding);

// deliver writes an answer as the user chose.
Result<void> deliver(const BinaryAnswer& options, ByteView bytes,
                     files::Readers readers = files::Readers::as_umask_allows);

}  // namespace trustx::cli
