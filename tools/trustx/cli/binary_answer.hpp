// SPDX-License-Identifier: Apache-2.0
// Answers that are bytes: where they go and how they are spelled, the same for every subcommand.
#pragma once

#include "output_file.hpp"

#include <string>

namespace CLI {
class App;
}

namespace trustx::cli {

enum class Spelling { raw, hex, base64 };

// BinaryAnswer is what the user chose: --out, --raw, --hex, --base64.
struct BinaryAnswer {
    std::string out = "-";
    bool raw = false;
    bool hex = false;
    bool base64 = false;

    // spelling is hexadecimal when a person reads along, and the bytes as they are otherwise, unless the user chose.
    [[nodiscard]] Spelling spelling() const;
};

// add_binary_answer declares the options.
void add_binary_answer(CLI::App& command, BinaryAnswer& options);

// spell gives bytes in a spelling, without line break.
Bytes spell(ByteView bytes, Spelling spelling);

// deliver writes an answer as the user chose.
Outcome<void> deliver(const BinaryAnswer& options, ByteView bytes, Readers readers = Readers::as_umask_allows);

}  // namespace trustx::cli
