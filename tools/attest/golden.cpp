// SPDX-License-Identifier: Apache-2.0
#include "attest/golden.hpp"

#include "attest/json.hpp"
#include "common/files/input_error.hpp"
#include "common/text/printable.hpp"

namespace trustx::attest {
namespace {

using Json = nlohmann::json;

constexpr int form = 1;  // of the file
constexpr const char* form_name = "trustx_golden";

// Forms of values: lists of texts, and objects of those.
bool read(const Json& json, Allowed& values) {
    if (!json.is_array()) {
        return false;
    }
    for (const auto& value : json) {
        if (!value.is_string()) {
            return false;
        }
        values.insert(value.get<std::string>());
    }
    return true;
}

template <class Values>
bool read(const Json& json, std::map<std::string, Values>& values) {
    if (!json.is_object()) {
        return false;
    }
    for (const auto& [name, value] : json.items()) {
        if (!read(value, values[name])) {
            return false;
        }
    }
    return true;
}

bool read(const Json& json, bool& value) {
    value = json.is_boolean() && json.get<bool>();
    return json.is_boolean();
}

template <class Value>
bool read_member(const Json& json, const char* name, Value& value) {
    return json.contains(name) && read(json.at(name), value);
}

}  // namespace

void Golden::add(const Evidence& evidence, const ImaLog* ima_log) {
    for (const auto& [name, digest] : evidence.components) {
        components[name].insert(hex(digest));
    }
    for (const auto& [name, entries] : evidence.trees) {
        for (const auto& [path, line] : entries) {
            trees[name][path].insert(line);
        }
    }
    if (evidence.firmware) {
        firmware.insert(*evidence.firmware);
    }
    log = log || !evidence.log.empty();
    ima = ima || evidence.ima.has_value();
    for (const auto& entry : ima_log == nullptr ? std::vector<ImaEntry>{} : ima_log->entries) {
        if (!entry.digest.empty()) {
            ima_files[text::printable(entry.path)].insert(entry.digest);
        }
    }
}

std::string Golden::text() const {
    const nlohmann::ordered_json json{
        {form_name, form}, {"firmware", firmware}, {"components", components}, {"log", log},
        {"ima", ima},      {"trees", trees},       {"ima_files", ima_files}};
    return json.dump(2) + "\n";
}

Result<Golden> parse_golden(std::string_view text, const std::string& name) {
    const auto json = read_json(text);
    Golden golden;
    const bool fits = json.is_object() && json.value(form_name, Json{}) == form &&
                      read_member(json, "firmware", golden.firmware) &&
                      read_member(json, "components", golden.components) && read_member(json, "log", golden.log) &&
                      read_member(json, "ima", golden.ima) && read_member(json, "trees", golden.trees) &&
                      read_member(json, "ima_files", golden.ima_files);
    if (!fits) {
        return fail(
            InputErrc::malformed,
            name + " holds no golden values, or has a member twice; `trustx attest golden` makes them from evidence");
    }
    return golden;
}

}  // namespace trustx::attest
