// SPDX-License-Identifier: Apache-2.0
// Documents on standard output, one per line.
#pragma once

#include "requests/json.hpp"

#include <cstdio>

namespace trustx::mqtt {

// print writes a document and flushes; false: it could not, which is logged. A terminal, which obeys what it gets, gets
// ASCII.
[[nodiscard]] bool print(std::FILE* output, const Json& document);

}  // namespace trustx::mqtt
