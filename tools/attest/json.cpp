// SPDX-License-Identifier: Apache-2.0
#include "attest/json.hpp"

#include <array>
#include <set>
#include <string>

namespace trustx::attest {

using Json = nlohmann::json;

Json read_json(std::string_view text) {
    bool fits = true;
    // The members' names of the objects that are being read, by how many objects and arrays they are in.
    std::array<std::set<std::string>, deepest_json + 1> names;
    const auto watch = [&](int depth, Json::parse_event_t event, Json& value) {
        const auto level = static_cast<std::size_t>(depth);
        const bool opens = event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start;
        // What opens is at the depth of what it is in.
        fits = fits && (opens ? depth < deepest_json : depth <= deepest_json);
        if (fits && event == Json::parse_event_t::object_start) {
            names[level + 1].clear();
        } else if (fits && event == Json::parse_event_t::key) {
            fits = names[level].insert(value.get<std::string>()).second;
        }
        return fits;
    };
    auto json = Json::parse(text.begin(), text.end(), watch, false);
    return fits ? std::move(json) : Json(Json::value_t::discarded);
}

}  // namespace trustx::attest
