// SPDX-License-Identifier: Apache-2.0
// The objects that a handler prints, one per line, while it works. Other lines are not for us.
#pragma once

#include "requests/json.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace trustx::mqtt {

class PrintedObjects {
 public:
    static constexpr std::size_t longest_line = std::size_t{16} * 1024;  // bytes; a longer one is passed over

    // add takes the next part of the output; the last object that it completes, if any.
    std::optional<Json> add(std::string_view output);
    // end takes what came without a line's end.
    std::optional<Json> end();

 private:
    std::string line_;
    bool too_long_ = false;
};

}  // namespace trustx::mqtt
