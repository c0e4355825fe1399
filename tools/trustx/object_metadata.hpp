// SPDX-License-Identifier: Apache-2.0
// trustx object metadata: what an object is, what it may hold and who may do what with it.
#pragma once

#include "subcommands.hpp"

namespace trustx::cli {

void add_object_metadata(CLI::App& object, Task& task);

}  // namespace trustx::cli
