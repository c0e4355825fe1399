// SPDX-License-Identifier: Apache-2.0
// trustx random: bytes from the chip's true random number generator, as many as wanted.
#include "cli/binary_answer.hpp"
#include "cli/output.hpp"
#include "commands/subcommands.hpp"
#include "common/files/input_error.hpp"
#include "common/try.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <memory>

namespace trustx::cli {
namespace {

struct RandomOptions {
    std::string count;
    BinaryAnswer answer;
};

constexpr const char* random_examples =
    R"(Long outputs are fetched in many short commands, so that other programs get their turn.

Examples:
  trustx random 16
  trustx random 32 --base64
  trustx random 1048576 --out random.bin)";

// A multiple of 3 and of 16, so that the pieces of base64 and of hexadecimal lines can be put one after another.
constexpr std::uint16_t bytes_at_once = 240;
static_assert(bytes_at_once <= GetRandom::max_length && bytes_at_once % 48 == 0);

Result<Bytes> random_piece(Chip& chip, std::uint64_t wanted) {
    const auto length = static_cast<std::uint16_t>(std::min<std::uint64_t>(wanted, bytes_at_once));
    auto bytes = chip.run(GetRandom{.length = std::max(length, GetRandom::min_length)});
    if (bytes) {
        bytes->resize(length);  // the chip gives at least 8
    }
    return bytes;
}

Result<std::uint64_t> parse_count(const std::string& text) {
    std::uint64_t count = 0;
    const auto* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, count);
    if (parsed.ec != std::errc{} || parsed.ptr != end || count == 0) {
        return fail(InputErrc::usage, "N is the number of bytes, 1 or more, not `" + text + "`");
    }
    return count;
}

Result<void> fetch(Chip& chip, std::uint64_t count, Encoding encoding, files::OutputFile& file) {
    if (file.is_stdout() && is_terminal("-")) {
        chip.progress = std::make_unique<Progress>(-1);  // its line would be in the middle of the answer's
    }
    const Progress::Work work{*chip.progress, "fetching random bytes"};
    for (std::uint64_t left = count; left > 0; left -= std::min<std::uint64_t>(left, bytes_at_once)) {
        chip.progress->count(count - left, count);
        TRY(const auto bytes, random_piece(chip, left));
        TRYV(file.write(encode(bytes, encoding)));
    }
    return {};
}

Result<void> random(const Context& context, const RandomOptions& options) {
    TRY(const auto count, parse_count(options.count));
    TRYV(options.answer.check());
    TRY(auto chip, open_chip(context));
    TRY(auto file, files::OutputFile::create(options.answer.out, 0));
    const auto encoding = options.answer.encoding();
    TRYV(fetch(chip, count, encoding, file));
    if (encoding != Encoding::raw) {
        TRYV(file.write("\n"));
    }
    return file.commit();
}

}  // namespace

void add_random(Command& program) {
    const auto options = std::make_shared<RandomOptions>();
    auto command = program.subcommand("random", "Print random bytes from the chip", random_examples);
    command.argument("N", options->count, "How many bytes").required();
    add_binary_answer(command, options->answer);
    command.on_run([options](const Context& context) { return random(context, *options); });
}

}  // namespace trustx::cli
