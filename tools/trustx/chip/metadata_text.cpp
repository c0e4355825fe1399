// SPDX-License-Identifier: Apache-2.0
#include "chip/metadata_text.hpp"

#include "cli/arguments.hpp"

#include <trustx/life_cycle.hpp>

#include <nlohmann/json.hpp>

namespace trustx::cli {
namespace {

// An absent used size is the maximum (chip-objects.md section 2).
std::string size_text(const Metadata& metadata, bool is_key) {
    if (!metadata.max_size) {
        return is_key ? "" : "unknown";
    }
    return std::to_string(metadata.used_size.value_or(*metadata.max_size)) + " of " +
           std::to_string(*metadata.max_size) + " bytes used";
}

template <class Optional>
nlohmann::ordered_json or_null(const Optional& value) {
    return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json{};
}

nlohmann::ordered_json access_json(const std::optional<Bytes>& expression) {
    return {{"expression", expression ? nlohmann::ordered_json(to_hex(*expression)) : nlohmann::ordered_json{}},
            {"text", explain_access(expression)}};
}

}  // namespace

std::string life_cycle_text(const Metadata& metadata) {
    return metadata.life_cycle ? to_string(*metadata.life_cycle) : "operational, permanently";
}

std::string key_text(Curve curve, std::optional<KeyUsage> usage) {
    return std::string{curve_name(curve)} + (usage ? ", usage " + to_string(*usage) : std::string{});
}

std::string key_text(const Metadata& metadata) {
    return metadata.key_algorithm ? key_text(*metadata.key_algorithm, metadata.key_usage) : "no key";
}

std::string explain(ObjectId object, const Metadata& metadata) {
    const auto* info = describe(object);
    const bool is_key = info->kind == ObjectKind::key;
    std::string text = title(object) + ": " + std::string{info->purpose} + "\n";
    const auto line = [&text](const char* name, const std::string& value) {
        if (!value.empty()) {
            text += std::string{"  "} + name + value + "\n";
        }
    };
    line("life cycle  ", life_cycle_text(metadata));
    line("size        ", size_text(metadata, is_key));
    line("change      ", explain_access(metadata.change_access));
    line("read        ", is_key ? "never" : explain_access(metadata.read_access));
    if (metadata.execute_access) {
        line("execute     ", explain_access(metadata.execute_access));
    }
    if (is_key) {
        line("key         ", key_text(metadata));
    }
    return text;
}

nlohmann::ordered_json to_json(ObjectId object, const Metadata& metadata) {
    const auto* info = describe(object);
    nlohmann::ordered_json json{{"object", object.hex()}, {"name", info->name}, {"purpose", info->purpose}};
    json["life_cycle"] = to_string(effective_life_cycle(metadata));
    json["life_cycle_permanent"] = !metadata.life_cycle.has_value();
    json["max_size"] = or_null(metadata.max_size);
    json["used_size"] = or_null(metadata.used_size ? metadata.used_size : metadata.max_size);
    json["change"] = access_json(metadata.change_access);
    json["read"] = access_json(metadata.read_access);
    if (metadata.execute_access) {
        json["execute"] = access_json(metadata.execute_access);
    }
    json["curve"] =
        metadata.key_algorithm ? nlohmann::ordered_json(curve_name(*metadata.key_algorithm)) : nlohmann::ordered_json{};
    json["usage"] =
        metadata.key_usage ? nlohmann::ordered_json(usage_words(*metadata.key_usage)) : nlohmann::ordered_json{};
    return json;
}

}  // namespace trustx::cli
