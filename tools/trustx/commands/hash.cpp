// SPDX-License-Identifier: Apache-2.0
// trustx hash: SHA-256 on the chip, of files and of the chip's objects.
#include "chip/chip_hash.hpp"
#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "commands/subcommands.hpp"
#include "common/files/input_error.hpp"
#include "common/files/input_file.hpp"
#include "common/text/lower_case.hpp"
#include "common/try.hpp"

#include <algorithm>
#include <memory>

namespace trustx::cli {
namespace {

struct HashOptions {
    std::vector<std::string> files;
    std::string object;
    std::optional<std::uint16_t> offset;
    std::optional<std::uint16_t> length;
};

constexpr const char* examples =
    R"(The lines are those of sha256sum, and `sha256sum -c` reads them. The chip hashes some 15 kB in a second; other programs
get their turn in between. An object is hashed without leaving the chip.

Examples:
  trustx hash image.bin
  trustx hash --object E0E1
  trustx hash --object F1E0 --offset 16 --length 64)";

Result<void> print(const Bytes& digest, const std::string& name) {
    return answer(text::lower_case(to_hex(digest)).append("  ").append(name).append("\n"));
}

Result<void> hash_file(Chip& chip, const std::string& path) {
    ChipHash hash{chip};
    TRYV(files::for_each_piece(path, [&hash](ByteView piece) { return hash.update(piece); }));
    TRY(const auto digest, hash.finish());
    return print(digest, path);
}

// slice_of completes what was asked for with what there is.
Result<CalcHash::ObjectSlice> slice_of(Chip& chip, ObjectId object, const HashOptions& options) {
    TRY(const auto metadata, chip.run(GetMetadata{.object = object}));
    const std::uint16_t offset = options.offset.value_or(0);
    const std::uint16_t used = metadata.used_size.value_or(metadata.max_size.value_or(0));
    const std::size_t length = options.length.value_or(static_cast<std::uint16_t>(used - std::min(used, offset)));
    if (length == 0 || offset + length > used) {
        return fail(InputErrc::usage, title(object) + " has " + std::to_string(used) + " bytes: nothing to hash from " +
                                          std::to_string(offset) + " to " + std::to_string(offset + length));
    }
    return CalcHash::ObjectSlice{.object = object, .offset = offset, .length = static_cast<std::uint16_t>(length)};
}

Result<void> hash_object(Chip& chip, const HashOptions& options) {
    TRY(const auto object, parse_object(options.object));
    TRY(const auto slice, slice_of(chip, object, options));
    TRY(const auto result, chip.run(CalcHash{.sequence = CalcHash::Sequence::start_final, .data = slice}));
    return print(result.digest, object.hex());
}

Result<void> hash(const Context& context, const HashOptions& options) {
    if (options.object.empty() && (options.offset || options.length)) {
        return fail(InputErrc::usage, "--offset and --length belong to --object");
    }
    TRY(auto chip, open_chip(context));
    if (!options.object.empty()) {
        return hash_object(chip, options);
    }
    const auto files = options.files.empty() ? std::vector<std::string>{"-"} : options.files;
    for (const auto& file : files) {
        TRYV(hash_file(chip, file));
    }
    return {};
}

}  // namespace

void add_hash(Command& program) {
    const auto options = std::make_shared<HashOptions>();
    auto command = program.subcommand("hash", "Hash files or objects on the chip with SHA-256", examples);
    const auto files = command.argument("FILE", options->files, "Files; default: standard input");
    command.option("--object", options->object, "Object to hash instead", "OBJECT").excludes(files);
    command.option("--offset", options->offset, "First byte of the object; default: 0", "N");
    command.option("--length", options->length, "How many bytes of it; default: all", "N");
    command.on_run([options](const Context& context) { return hash(context, *options); });
}

}  // namespace trustx::cli
