// SPDX-License-Identifier: Apache-2.0
#include "cli/binary_answer.hpp"

#include "cli/output.hpp"
#include "common/try.hpp"

#include <trustx/secret.hpp>

namespace trustx::cli {

Encoding BinaryAnswer::encoding() const {
    if (base64) {
        return Encoding::base64;
    }
    const bool person_reads = is_terminal(out);
    return hex || (person_reads && !raw) ? Encoding::hex : Encoding::raw;
}

Result<void> BinaryAnswer::check() const {
    return encoding() == Encoding::raw ? check_binary_output(out) : Result<void>{};
}

void add_binary_answer(Command& command, BinaryAnswer& options) {
    command.option("-o,--out", options.out, "File to write; default: standard output", "FILE");
    const auto raw = command.flag("--raw", options.raw, "The bytes as they are; the default, but never on a terminal");
    const auto hex = command.flag("--hex", options.hex, "Hexadecimal digits; the default on a terminal").excludes(raw);
    command.flag("--base64", options.base64, "Base64 in one line").excludes(raw).excludes(hex);
}

Bytes encode(ByteView bytes, Encoding encoding) {
    if (encoding == Encoding::raw) {
        return {bytes.begin(), bytes.end()};
    }
    auto text = encoding == Encoding::hex ? to_hex(bytes) : base64(bytes);
    Bytes encoded;
    encoded.reserve(text.size() + 1);  // a line break follows; growing would leave a copy behind
    encoded.insert(encoded.end(), text.begin(), text.end());
    wipe(text.data(), text.size());
    return encoded;
}

Result<void> deliver(const BinaryAnswer& options, ByteView bytes, files::Readers readers) {
    TRYV(options.check());
    TRY(auto file, files::OutputFile::create(options.out, 0, readers));
    const auto encoding = options.encoding();
    auto text = encode(bytes, encoding);
    if (encoding != Encoding::raw) {
        text.push_back('\n');
    }
    const auto written = file.write(text);
    if (readers == files::Readers::owner) {
        wipe_and_clear(text);
    }
    TRYV(written);
    return file.commit();
}

}  // namespace trustx::cli
