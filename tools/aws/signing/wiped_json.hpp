// SPDX-License-Identifier: Apache-2.0
// JSON that may hold credentials or a key: its text is wiped before its memory is freed, that of the parser included.
#pragma once

#include <trustx/secret.hpp>

#include <map>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace trustx::aws {

using WipedString = std::basic_string<char, std::char_traits<char>, WipingAllocator<char>>;
using Json = nlohmann::basic_json<std::map, std::vector, WipedString>;

}  // namespace trustx::aws
