// SPDX-License-Identifier: Apache-2.0
// trustx object: the bytes of any object.
#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "commands/subcommands.hpp"
#include "common/files/hex_input.hpp"
#include "common/files/input_error.hpp"
#include "common/files/input_file.hpp"
#include "common/files/output_file.hpp"
#include "common/try.hpp"

#include <trustx/objects.hpp>

#include <algorithm>
#include <memory>
#include <optional>

namespace trustx::cli {
namespace {

struct ReadOptions {
    std::string object;
    std::string out = "-";
    std::optional<std::uint16_t> offset;
    std::optional<std::uint16_t> length;
    bool hex = false;
    bool raw = false;
};

struct WriteOptions {
    std::string object;
    std::string file = "-";
    std::optional<std::uint16_t> offset;
    bool hex = false;
    bool force = false;
};

constexpr const char* object_read_examples = R"(Examples:
  trustx object read F1D0
  trustx object read F1E0 --offset 100 --length 32 --hex
  trustx object read data-1 --out data.bin)";

constexpr const char* object_write_examples =
    R"(Without --offset the whole content is replaced: what was there before is gone, and the object is as long as the
input. With --offset the rest stays. What was written is read back and compared. Certificate objects and trust anchors
take certificates, which `trustx cert write` checks; --force writes other bytes there.

Examples:
  trustx object write F1D0 settings.bin
  echo 14 | trustx object write E0C3 --hex         (sleep activation delay: 0x14 = 20 ms))";

bool holds_secrets(ObjectKind kind) {
    return kind == ObjectKind::key || kind == ObjectKind::session;
}

Result<ObjectId> parse_open_object(const std::string& text) {
    TRY(const auto object, parse_object(text));
    if (holds_secrets(describe(object)->kind)) {
        return fail(InputErrc::refused, title(object) +
                                            ": the chip neither tells nor takes the content of keys and "
                                            "sessions; see `trustx metadata show` and `trustx key-file`");
    }
    return object;
}

Result<Bytes> read_content(Chip& chip, ObjectId object, const ReadOptions& options) {
    const std::size_t length = options.length ? *options.length : std::size_t{0x10000};
    return chip.with([&](LockedDevice& device) {
        return options.offset || options.length ? read_slice(device, object, options.offset.value_or(0), length)
                                                : read_object(device, object);
    });
}

Bytes encode(const Bytes& content, const ReadOptions& options) {
    std::string text;
    if (options.hex) {
        text = to_hex(content) + "\n";
    } else if (!is_terminal(options.out)) {
        return content;
    } else {
        text = hex_dump(content, options.offset.value_or(0));
    }
    return {text.begin(), text.end()};
}

Result<void> read(const Context& context, const ReadOptions& options) {
    TRY(const auto object, parse_open_object(options.object));
    if (options.length == std::uint16_t{0}) {
        return fail(InputErrc::usage, "--length is how many bytes, 1 or more");
    }
    TRYV(options.raw ? check_binary_output(options.out) : Result<void>{});
    TRY(auto chip, open_chip(context));
    TRY(const auto content, read_content(chip, object, options));
    if (content.empty()) {
        context.note(title(object) + " is empty");
    }
    return options.raw ? deliver_binary(options.out, content)
                       : files::write_file(options.out, encode(content, options));
}

Result<void> refuse_life_cycle(ObjectId object) {
    const bool of_chip = object == object::life_cycle_global;
    if (of_chip || object == object::life_cycle_application) {
        return fail(InputErrc::refused, title(object) +
                                            " holds a life cycle state, which nothing can lower again: use `trustx "
                                            "lifecycle raise " +
                                            (of_chip ? "chip" : "application") + " STATE`");
    }
    return {};
}

Result<void> refuse_certificates(ObjectId object, bool force) {
    const auto kind = describe(object)->kind;
    const bool takes_certificates = kind == ObjectKind::certificate || kind == ObjectKind::trust_anchor;
    if (force && !takes_certificates) {
        return fail(InputErrc::usage,
                    "--force is for certificate objects and trust anchors, and " + title(object) + " is none");
    }
    if (force || !takes_certificates) {
        return {};
    }
    return fail(InputErrc::refused, title(object) + " is for certificates: `trustx " +
                                        (kind == ObjectKind::certificate ? "cert" : "anchor") + " write " +
                                        object.hex() +
                                        " FILE` checks them; --force writes any bytes, and what is there is lost");
}

// refuse_unguarded sends to the subcommand that knows this kind of object: what it would refuse is not written this
// way.
Result<void> refuse_unguarded(ObjectId object, bool force) {
    TRYV(refuse_certificates(object, force));
    return refuse_life_cycle(object);
}

Result<Bytes> read_data(const WriteOptions& options) {
    TRY(auto input, files::read_input(options.file));
    const auto name = files::input_name(options.file);
    TRY(auto data, options.hex ? files::parse_hex(input, name) : std::move(input));
    if (data.empty()) {
        return fail(InputErrc::malformed, name + " is empty: nothing to write");
    }
    return data;
}

Result<void> store(Chip& chip, ObjectId object, const Bytes& data, std::optional<std::uint16_t> offset) {
    // Objects of the system have a fixed size: there is nothing to erase.
    const bool slice = offset || describe(object)->kind == ObjectKind::system;
    return chip.with([&](LockedDevice& device) {
        return slice ? write_slice(device, object, offset.value_or(0), data) : write_object(device, object, data);
    });
}

Result<void> write(const Context& context, const WriteOptions& options) {
    TRY(const auto object, parse_open_object(options.object));
    TRYV(refuse_unguarded(object, options.force));
    TRY(const auto data, read_data(options));
    TRYV(check_write(object, options.offset.value_or(0), data.size()));
    TRY(auto chip, open_chip(context));
    TRYV(store(chip, object, data, options.offset));
    context.note("wrote " + std::to_string(data.size()) + " bytes to " + title(object));
    return {};
}

void add_read(Command& group) {
    const auto options = std::make_shared<ReadOptions>();
    auto command = group.subcommand("read", "Print the content of an object", object_read_examples);
    command.argument("OBJECT", options->object, "Object by number or name").required();
    command.option("--offset", options->offset, "First byte to read; default: 0", "N");
    command.option("--length", options->length, "How many bytes at most; default: all", "N");
    command.option("-o,--out", options->out, "File to write; default: standard output", "FILE");
    const auto hex = command.flag("--hex", options->hex, "Hexadecimal digits in one line");
    command.flag("--raw", options->raw, "The bytes as they are; the default, but never on a terminal").excludes(hex);
    command.on_run([options](const Context& context) { return read(context, *options); });
}

void add_write(Command& group) {
    const auto options = std::make_shared<WriteOptions>();
    auto command = group.subcommand("write", "Write the content of an object", object_write_examples);
    command.argument("OBJECT", options->object, "Object by number or name").required();
    command.argument("FILE", options->file, "Content; default: standard input");
    command.option("--offset", options->offset, "Where the input goes; the rest stays as it is", "N");
    command.flag("--hex", options->hex, "The input is hexadecimal digits; white space is skipped");
    command.flag("--force", options->force, "Write into a certificate object or trust anchor, without its checks");
    command.on_run([options](const Context& context) { return write(context, *options); });
}

std::string object_table() {
    std::string table = "Objects of the chip:\n";
    for (const auto& info : all_objects()) {
        std::string name{info.name};
        constexpr std::size_t column = 30;
        name.resize(std::max(name.size() + 1, column), ' ');
        table += "  " + info.id.hex() + "  " + name + std::string{info.purpose} + "\n";
    }
    return table + "\n`trustx object read --help` and so on say more.";
}

}  // namespace

void add_object(Command& program) {
    auto command = program.subcommand("object", "Read and write objects", object_table());
    add_read(command);
    add_write(command);
}

}  // namespace trustx::cli
