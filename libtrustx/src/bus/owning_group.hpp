// SPDX-License-Identifier: Apache-2.0
// The group of a device file, for the message to those who may not open it.
#pragma once

#include <string>

namespace trustx {

// owning_group is the name of the group, or its number where it has no name; empty when there is no such file.
std::string owning_group(const std::string& path);

}  // namespace trustx
