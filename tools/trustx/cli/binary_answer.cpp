// SPDX-License-Identifier: Apache-2.0
#include "cli/binary_answer.hpp"

#include "cli/output.hpp"
#include "common/try.hpp"

#include <trustx/secret.hpp>

#include <CLI/CLI.hpp>

namespace trustx::cli {

Spelling BinaryAnswer::spelling() const {
    if (base64) {
        return Spelling::base64;
    }
    const bool person_reads = out == "-" && stdout_is_terminal();
    return hex || (person_reads && !raw) ? Spelling::hex : Spelling::raw;
}

void add_binary_answer(CLI::App& command, BinaryAnswer& options) {
    command.add_option("-o,--out", options.out, "File to write; default: standard output")->type_name("FILE");
    auto* raw =
        command.add_flag("--raw", options.raw, "The bytes as they are; the default unless a person reads along");
    auto* hex = command.add_flag("--hex", options.hex, "Hexadecimal digits; the default on a terminal")->excludes(raw);
    command.add_flag("--base64", options.base64, "Base64 in one line")->excludes(raw)->excludes(hex);
}

Bytes spell(ByteView bytes, Spelling spelling) {
    if (spelling == Spelling::raw) {
        return {bytes.begin(), bytes.end()};
    }
    auto text = spelling == Spelling::hex ? to_hex(bytes) : base64(bytes);
    Bytes spelled;
    spelled.reserve(text.size() + 1);  // a line break follows; growing would leave a copy behind
    spelled.insert(spelled.end(), text.begin(), text.end());
    wipe(text.data(), text.size());
    return spelled;
}

Outcome<void> deliver(const BinaryAnswer& options, ByteView bytes, Readers readers) {
    TRY(auto file, OutputFile::create(options.out, 0, readers));
    const auto spelling = options.spelling();
    auto text = spell(bytes, spelling);
    if (spelling != Spelling::raw) {
        text.push_back('\n');
    }
    auto written = file.write(text);
    if (readers == Readers::owner) {
        wipe_and_clear(text);
    }
    return written ? file.commit() : written;
}

}  // namespace trustx::cli
