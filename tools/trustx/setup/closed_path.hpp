// SPDX-License-Identifier: Apache-2.0
// Files that a user, or the user of a service, may not read, although others may.
#pragma once

#include <string>

namespace trustx::cli {

// remedy_for_reading says what to do about a file that could not be read: what on its way is closed to this process, or
// `otherwise` where nothing is.
std::string remedy_for_reading(const std::string& path, const std::string& otherwise);

}  // namespace trustx::cli
