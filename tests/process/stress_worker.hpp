// SPDX-License-Identifier: Apache-2.0
// A worker process of the stress run: takes tickets and does what they say until none is left.
#pragma once

#include "stress_shared.hpp"

#include <filesystem>

namespace trustx::test {

// run_worker uses the chip of the settings with that many threads. directory holds the identity files and the key
// reference key.pem; progress is an event descriptor that counts operations.
int run_worker(StressShared& shared, const std::filesystem::path& directory, int worker, int threads, int progress);

}  // namespace trustx::test
