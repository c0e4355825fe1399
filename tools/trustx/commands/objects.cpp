// SPDX-License-Identifier: Apache-2.0
// trustx objects: all objects of the chip in one table.
#include "chip/metadata_text.hpp"
#include "cli/arguments.hpp"
#include "cli/output.hpp"
#include "commands/subcommands.hpp"
#include "common/try.hpp"

#include <algorithm>
#include <array>
#include <memory>

#include <nlohmann/json.hpp>

namespace trustx::cli {
namespace {

struct ObjectsOptions {
    bool json = false;
};

constexpr const char* objects_examples =
    R"(For each object: its size and how much of it is used, its life cycle state, who may change and who may read it, and
which key is in it. `trustx metadata show` explains one of them.

Examples:
  trustx objects
  trustx objects --json | jq -r '.[] | select(.life_cycle == "operational") | .name')";

struct Entry {
    ObjectId object;
    Metadata metadata;
};

Result<std::vector<Entry>> read_entries(Chip& chip) {
    std::vector<Entry> entries;
    for (const auto& info : all_objects()) {
        if (info.kind == ObjectKind::session) {
            continue;  // volatile, and without metadata
        }
        TRY(auto metadata, chip.run(GetMetadata{.object = info.id}));
        entries.push_back({.object = info.id, .metadata = std::move(metadata)});
    }
    return entries;
}

using Row = std::array<std::string, 8>;

Row row_of(const Entry& entry) {
    const auto& metadata = entry.metadata;
    const auto* info = describe(entry.object);
    const bool is_key = info->kind == ObjectKind::key;
    const auto number = [](const std::optional<std::uint16_t>& value) {
        return value ? std::to_string(*value) : std::string{"-"};
    };
    return {entry.object.hex(),
            std::string{info->name},
            number(metadata.max_size),
            number(metadata.used_size ? metadata.used_size : metadata.max_size),
            metadata.life_cycle ? to_string(*metadata.life_cycle) : "operational",
            explain_access(metadata.change_access),
            is_key ? "never" : explain_access(metadata.read_access),
            is_key ? key_text(metadata) : ""};
}

std::string table(const std::vector<Entry>& entries) {
    std::vector<Row> rows{{"OBJECT", "NAME", "SIZE", "USED", "LIFE CYCLE", "CHANGE", "READ", "KEY"}};
    for (const auto& entry : entries) {
        rows.push_back(row_of(entry));
    }
    std::array<std::size_t, std::tuple_size_v<Row>> widths{};
    for (const auto& row : rows) {
        for (std::size_t column = 0; column < row.size(); ++column) {
            widths[column] = std::max(widths[column], row[column].size());
        }
    }
    std::string text;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t column = 0; column < row.size(); ++column) {
            line += row[column] + std::string(widths[column] - row[column].size() + 2, ' ');
        }
        text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    }
    return text;
}

std::string json(const std::vector<Entry>& entries) {
    auto list = nlohmann::ordered_json::array();
    for (const auto& entry : entries) {
        list.push_back(to_json(entry.object, entry.metadata));
    }
    return json_text(list);
}

Result<void> objects(const Context& context, const ObjectsOptions& options) {
    TRY(auto chip, open_chip(context));
    TRY(const auto entries, read_entries(chip));
    return answer(options.json ? json(entries) : table(entries));
}

}  // namespace

void add_objects(Command& program) {
    const auto options = std::make_shared<ObjectsOptions>();
    auto command = program.subcommand("objects", "Show all objects with size, life cycle and access", objects_examples);
    command.flag("--json", options->json, "The same for programs");
    command.on_run([options](const Context& context) { return objects(context, *options); });
}

}  // namespace trustx::cli
