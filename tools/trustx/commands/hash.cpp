// SPDX-License-Identifier: Apache-2.0
// trustx hash: SHA-256 on the chip, of files and of the chip's objects.
#include "chip/chip_hash.hpp"
#include "cli/advice.hpp"
#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "commands/subcommands.hpp"
#include "common/files/input_error.hpp"
#include "common/files/input_file.hpp"
#include "common/text/as_bytes.hpp"
#include "common/text/lower_case.hpp"
#include "common/try.hpp"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

#include <nlohmann/json.hpp>

namespace trustx::cli {
namespace {

struct HashOptions {
    std::vector<std::string> files;
    std::string object;
    std::optional<std::uint16_t> offset;
    std::optional<std::uint16_t> length;
    bool json = false;
};

constexpr const char* hash_examples =
    R"(The lines are those of sha256sum, and `sha256sum -c` reads them. A file that cannot be read is reported, and the next
one hashed. The chip hashes some 15 kB in a second; other programs get their turn in between. An object is hashed without
leaving the chip.

Examples:
  trustx hash image.bin
  trustx hash --object E0E1
  trustx hash --object F1E0 --offset 16 --length 64)";

// A name that would break the line is escaped, and a backslash before the line says so, as sha256sum does it.
std::string checksum_line(const std::string& digest, const std::string& name) {
    std::string escaped;
    for (const char letter : name) {
        switch (letter) {
            case '\n':
                escaped += "\\n";
                break;
            case '\r':
                escaped += "\\r";
                break;
            case '\\':
                escaped += "\\\\";
                break;
            default:
                escaped += letter;
        }
    }
    return (escaped == name ? "" : "\\") + digest + "  " + escaped + "\n";
}

// Answers prints digests as they come: a line for each, which for programs is an object of JSON.
class Answers {
 public:
    explicit Answers(bool json) : json_{json} {}

    [[nodiscard]] Result<void> print(const Bytes& digest, const char* kind, const std::string& name) const {
        const auto hex = text::lower_case(to_hex(digest));
        if (!json_) {
            return answer(checksum_line(hex, name));
        }
        nlohmann::ordered_json json{{kind, name}, {"sha256", hex}};
        // JSON has no bytes beyond UTF-8, and names of files have.
        if (nlohmann::json::parse(json_line(json)).at(kind) != name) {
            json[std::string{kind} + "_hex"] = to_hex(text::as_bytes(name));
        }
        return answer(json_line(json));
    }

 private:
    bool json_;
};

std::optional<std::uint64_t> size_of(const std::string& path) {
    std::error_code unknown;
    const auto size = std::filesystem::file_size(path, unknown);
    return unknown ? std::nullopt : std::optional<std::uint64_t>{size};
}

Result<Bytes> hash_file(Chip& chip, const std::string& path) {
    const Progress::Work work{*chip.progress, "hashing"};
    const auto size = size_of(path);
    std::uint64_t done = 0;
    ChipHash hash{chip};
    TRYV(files::for_each_piece(path, [&](ByteView piece) {
        chip.progress->count(done += piece.size(), size);
        return hash.update(piece);
    }));
    return hash.finish();
}

// With several files the others are hashed although one cannot be.
Result<void> hash_files(Chip& chip, const std::vector<std::string>& files, const Answers& answers) {
    std::size_t unreadable = 0;
    for (const auto& file : files) {
        const auto digest = hash_file(chip, file);
        if (!digest && (files.size() == 1 || digest.error() != InputErrc::unreadable)) {
            return digest.failure();
        }
        if (!digest) {
            say(explain(digest.error()));
            ++unreadable;
            continue;
        }
        TRYV(answers.print(*digest, "file", file));
    }
    return unreadable == 0 ? Result<void>{}
                           : fail(InputErrc::unreadable, std::to_string(unreadable) + " of " +
                                                             std::to_string(files.size()) + " files were not hashed");
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

Result<void> hash_object(Chip& chip, const HashOptions& options, const Answers& answers) {
    TRY(const auto object, parse_object(options.object));
    TRY(const auto slice, slice_of(chip, object, options));
    TRY(const auto result, chip.run(CalcHash{.sequence = CalcHash::Sequence::start_final, .data = slice}));
    return answers.print(result.digest, "object", object.hex());
}

Result<void> hash(const Context& context, const HashOptions& options) {
    if (options.object.empty() && (options.offset || options.length)) {
        return fail(InputErrc::usage, "--offset and --length belong to --object");
    }
    TRY(auto chip, open_chip(context));
    const Answers answers{options.json};
    if (!options.object.empty()) {
        return hash_object(chip, options, answers);
    }
    return hash_files(chip, options.files.empty() ? std::vector<std::string>{"-"} : options.files, answers);
}

}  // namespace

void add_hash(Command& program) {
    const auto options = std::make_shared<HashOptions>();
    auto command = program.subcommand("hash", "Hash files or objects on the chip with SHA-256", hash_examples);
    const auto files = command.argument("FILE", options->files, "Files; default: standard input");
    command.option("--object", options->object, "Object to hash instead", "OBJECT").excludes(files);
    command.option("--offset", options->offset, "First byte of the object; default: 0", "N");
    command.option("--length", options->length, "How many bytes of it; default: all", "N");
    command.flag("--json", options->json, "A line of JSON for each");
    command.on_run([options](const Context& context) { return hash(context, *options); });
}

}  // namespace trustx::cli
