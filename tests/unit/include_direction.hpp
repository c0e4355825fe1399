// SPDX-License-Identifier: Apache-2.0
// The direction of dependencies: which room of the source tree may include which.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace trustx::test {

// Exists says whether a file, by its path relative to the top of the source tree, is there.
using Exists = std::function<bool(const std::string& path)>;

// wrong_includes reads the #include lines of one source file and gives those that point the wrong way, each with the
// rule it breaks. path is relative to the top of the source tree; files outside the product's rooms have no rules.
std::vector<std::string> wrong_includes(std::string_view path, std::string_view text, const Exists& exists);

}  // namespace trustx::test
