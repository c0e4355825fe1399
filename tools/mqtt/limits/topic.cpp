// SPDX-License-Identifier: Apache-2.0
#include "limits/topic.hpp"

#include "common/text/printable.hpp"

#include <algorithm>
#include <cstddef>

namespace trustx::mqtt {
namespace {

constexpr std::string_view wildcards = "+#";

bool is_mqtt_text(std::string_view text) {
    constexpr std::size_t longest = 65535;
    return !text.empty() && text.size() <= longest && text::is_printable(text);
}

}  // namespace

bool is_topic(std::string_view topic) {
    return is_mqtt_text(topic) && topic.find_first_of(wildcards) == std::string_view::npos;
}

bool is_topic_filter(std::string_view filter) {
    for (std::size_t begin = 0; begin <= filter.size();) {
        const auto end = std::min(filter.find('/', begin), filter.size());
        const auto level = filter.substr(begin, end - begin);
        const bool last = end == filter.size();
        const bool wildcard = level == "+" || (level == "#" && last);
        if (!wildcard && level.find_first_of(wildcards) != std::string_view::npos) {
            return false;
        }
        begin = end + 1;
    }
    return is_mqtt_text(filter);
}

}  // namespace trustx::mqtt
