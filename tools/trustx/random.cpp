// SPDX-License-Identifier: Apache-2.0
// trustx random: bytes from the chip's true random number generator, as many as wanted.
#include "output.hpp"
#include "output_file.hpp"
#include "subcommands.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <memory>

#include <CLI/CLI.hpp>

namespace trustx::cli {
namespace {

struct RandomOptions {
    std::string count;
    std::string out = "-";
    bool raw = false;
    bool hex = false;
    bool base64 = false;
};

enum class Spelling { raw, hex, base64 };

constexpr const char* examples =
    R"(Long outputs are fetched in many short commands, so that other programs get their turn.

Examples:
  trustx random 16
  trustx random 32 --base64
  trustx random 1048576 --out random.bin)";

// A multiple of 3 and of 16, so that the pieces of base64 and of hexadecimal lines can be put one after another.
constexpr std::uint16_t piece = 240;
static_assert(piece <= GetRandom::max_length && piece % 48 == 0);

Outcome<Bytes> random_piece(Chip& chip, std::uint64_t wanted) {
    const auto length = static_cast<std::uint16_t>(std::min<std::uint64_t>(wanted, piece));
    auto bytes = chip.run(GetRandom{.length = std::max(length, GetRandom::min_length)});
    if (bytes) {
        bytes->resize(length);  // the chip gives at least 8
    }
    return bytes;
}

Bytes spell(const Bytes& bytes, Spelling spelling) {
    if (spelling == Spelling::raw) {
        return bytes;
    }
    const auto text = spelling == Spelling::hex ? to_hex(bytes) : base64(bytes);
    return {text.begin(), text.end()};
}

Spelling choose_spelling(const RandomOptions& options) {
    if (options.base64) {
        return Spelling::base64;
    }
    const bool person_reads = options.out == "-" && stdout_is_terminal();
    return options.hex || (person_reads && !options.raw) ? Spelling::hex : Spelling::raw;
}

Outcome<std::uint64_t> parse_count(const std::string& text) {
    std::uint64_t count = 0;
    const auto* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, count);
    if (parsed.ec != std::errc{} || parsed.ptr != end || count == 0) {
        return give_up(ExitCode::usage, "N is the number of bytes, 1 or more, not `" + text + "`");
    }
    return count;
}

Outcome<void> random(const Context& context, const RandomOptions& options) {
    const auto count = parse_count(options.count);
    if (!count) {
        return count.failure();
    }
    auto chip = open_chip(context);
    if (!chip) {
        return chip.failure();
    }
    auto file = OutputFile::create(options.out, 0);
    if (!file) {
        return file.failure();
    }
    const auto spelling = choose_spelling(options);
    for (std::uint64_t left = *count; left > 0; left -= std::min<std::uint64_t>(left, piece)) {
        const auto bytes = random_piece(*chip, left);
        if (!bytes) {
            return bytes.failure();
        }
        if (auto written = file->write(spell(*bytes, spelling)); !written) {
            return written;
        }
    }
    if (spelling != Spelling::raw) {
        if (auto written = file->write(as_bytes("\n")); !written) {
            return written;
        }
    }
    return file->commit();
}

}  // namespace

void add_random(CLI::App& program, Task& task) {
    const auto options = std::make_shared<RandomOptions>();
    auto& command = add_subcommand(program, "random", "Print random bytes from the chip", examples);
    command.add_option("N", options->count, "How many bytes")->required();
    command.add_option("-o,--out", options->out, "File to write; default: standard output")->type_name("FILE");
    auto* raw =
        command.add_flag("--raw", options->raw, "The bytes as they are; the default unless a person reads along");
    auto* hex = command.add_flag("--hex", options->hex, "Hexadecimal digits; the default on a terminal")->excludes(raw);
    command.add_flag("--base64", options->base64, "Base64 in one line")->excludes(raw)->excludes(hex);
    command.callback(
        [options, &task] { task = [options](const Context& context) { return random(context, *options); }; });
}

}  // namespace trustx::cli
