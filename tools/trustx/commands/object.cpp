// SPDX-License-Identifier: Apache-2.0
// trustx object: the bytes of any object.
#include "cli/arguments.hpp"
#include "cli/hex_input.hpp"
#include "cli/output.hpp"
#include "commands/subcommands.hpp"
#include "common/try.hpp"
#include "input_file.hpp"
#include "output_file.hpp"

#include <trustx/objects.hpp>

#include <algorithm>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>

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
};

constexpr const char* read_examples = R"(Examples:
  trustx object read F1D0
  trustx object read F1E0 --offset 100 --length 32 --hex
  trustx object read data-1 --out data.bin)";

constexpr const char* write_examples =
    R"(Without --offset the whole content is replaced: what was there before is gone, and the object is as long as the
input. With --offset the rest stays. What was written is read back and compared.

Examples:
  trustx object write F1D0 settings.bin
  echo 14 | trustx object write E0C3 --hex         (sleep activation delay: 0x14 = 20 ms))";

bool holds_secrets(ObjectKind kind) {
    return kind == ObjectKind::key || kind == ObjectKind::session;
}

Outcome<ObjectId> parse_open_object(const std::string& text) {
    auto object = parse_object(text);
    if (object && holds_secrets(describe(*object)->kind)) {
        return give_up(ExitCode::refused, title(*object) +
                                              ": the chip neither tells nor takes the content of keys and "
                                              "sessions; see `trustx metadata show` and `trustx key-file`");
    }
    return object;
}

Outcome<Bytes> read_content(Chip& chip, ObjectId object, const ReadOptions& options) {
    TRY(auto locked, chip.lock());
    const std::size_t length = options.length ? *options.length : std::size_t{0x10000};
    auto content = options.offset || options.length ? read_slice(locked, object, options.offset.value_or(0), length)
                                                    : read_object(locked, object);
    if (!content) {
        return give_up(content.error());
    }
    return std::move(*content);
}

Bytes spell(const Bytes& content, const ReadOptions& options) {
    std::string text;
    if (options.hex) {
        text = to_hex(content) + "\n";
    } else if (options.raw || options.out != "-" || !stdout_is_terminal()) {
        return content;
    } else {
        text = hex_dump(content, options.offset.value_or(0));
    }
    return {text.begin(), text.end()};
}

Outcome<void> read(const Context& context, const ReadOptions& options) {
    TRY(const auto object, parse_open_object(options.object));
    TRY(auto chip, open_chip(context));
    TRY(const auto content, read_content(chip, object, options));
    if (content.empty()) {
        context.note(title(object) + " is empty");
    }
    TRY(auto file, OutputFile::create(options.out, content.size()));
    auto written = file.write(spell(content, options));
    return written ? file.commit() : written;
}

// Raising a life cycle state is the one write that nothing can take back, so there is one way to do it.
Outcome<void> refuse_life_cycle(ObjectId object) {
    const bool of_chip = object == object::life_cycle_global;
    if (of_chip || object == object::life_cycle_application) {
        return give_up(ExitCode::refused, title(object) +
                                              " holds a life cycle state, which rises for ever: use `trustx "
                                              "lifecycle raise " +
                                              (of_chip ? "chip" : "application") + " STATE`");
    }
    return {};
}

Outcome<Bytes> read_data(const WriteOptions& options) {
    auto input = read_input(options.file);
    if (!input) {
        return input;
    }
    const auto name = input_name(options.file);
    auto data = options.hex ? parse_hex(*input, name) : std::move(input);
    if (data && data->empty()) {
        return give_up(ExitCode::usage, name + " is empty: nothing to write");
    }
    return data;
}

Outcome<void> store(Chip& chip, ObjectId object, const Bytes& data, std::optional<std::uint16_t> offset) {
    TRY(auto locked, chip.lock());
    // Objects of the system have a fixed size: there is nothing to erase.
    const bool slice = offset || describe(object)->kind == ObjectKind::system;
    const auto written =
        slice ? write_slice(locked, object, offset.value_or(0), data) : write_object(locked, object, data);
    if (!written) {
        return give_up(written.error(), "write object " + object.hex());
    }
    return {};
}

Outcome<void> write(const Context& context, const WriteOptions& options) {
    TRY(const auto object, parse_open_object(options.object));
    if (auto possible = refuse_life_cycle(object); !possible) {
        return possible;
    }
    TRY(const auto data, read_data(options));
    const std::size_t end = std::size_t{options.offset.value_or(0)} + data.size();
    if (end > describe(object)->max_size) {
        return give_up(ExitCode::usage, std::to_string(data.size()) + " bytes at offset " +
                                            std::to_string(options.offset.value_or(0)) + " do not fit into " +
                                            title(object) + ", which takes " +
                                            std::to_string(describeobject->max_size));
    }
    TRY(auto chip, open_chip(context));
    if (auto stored = store(chip, object, data, options.offset); !stored) {
        return stored;
    }
    context.note("wrote " + std::to_string(data.size()) + " bytes to " + title(object));
    return {};
}

void add_read(CLI::App& group, Task& task) {
    const auto options = std::make_shared<ReadOptions>();
    auto& command = add_subcommand(group, "read", "Print the content of an object", read_examples);
    command.add_option("OBJECT", options->object, "Object by number or name")->required();
    command.add_option("--offset", options->offset, "First byte to read; default: 0")->type_name("N");
    command.add_option("--length", options->length, "How many bytes at most; default: all")->type_name("N");
    command.add_option("-o,--out", options->out, "File to write; default: standard output")->type_name("FILE");
    auto* hex = command.add_flag("--hex", options->hex, "Hexadecimal digits in one line");
    command.add_flag("--raw", options->raw, "The bytes as they are, on a terminal too")->excludes(hex);
    command.callback(
        [options, &task] { task = [options](const Context& context) { return read(context, *options); }; });
}

void add_write(CLI::App& group, Task& task) {
    const auto options = std::make_shared<WriteOptions>();
    auto& command = add_subcommand(group, "write", "Write the content of an object", write_examples);
    command.add_option("OBJECT", options->object, "Object by number or name")->required();
    command.add_option("FILE", options->file, "Content; default: standard input");
    command.add_option("--offset", options->offset, "Where the input goes; the rest stays as it is")->type_name("N");
    command.add_flag("--hex", options->hex, "The input is hexadecimal digits; white space is skipped");
    command.callback(
        [options, &task] { task = [options](const Context& context) { return write(context, *options); }; });
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

void add_object(CLI::App& program, Task& task) {
    auto& command = add_subcommand(program, "object", "Read and write objects", object_table());
    command.require_subcommand(1);
    add_read(command, task);
    add_write(command, task);
}

}  // namespace trustx::cli
