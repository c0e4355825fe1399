// SPDX-License-Identifier: Apache-2.0
#include "handler/printed_objects.hpp"

#include <algorithm>
#include <utility>

namespace trustx::mqtt {

std::optional<Json> PrintedObjects::add(std::string_view output) {
    std::optional<Json> last;
    while (!output.empty()) {
        const auto length = std::min(output.find('\n'), output.size());
        too_long_ = too_long_ || line_.size() + length > longest_line;
        if (!too_long_) {
            line_.append(output.substr(0, length));
        }
        const bool whole = length < output.size();
        output.remove_prefix(whole ? length + 1 : length);
        if (whole) {
            if (auto object = end()) {
                last = std::move(object);
            }
        }
    }
    return last;
}

std::optional<Json> PrintedObjects::end() {
    const auto line = std::exchange(line_, {});
    return std::exchange(too_long_, false) ? std::nullopt : read_object(line);
}

}  // namespace trustx::mqtt
