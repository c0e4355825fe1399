// SPDX-License-Identifier: Apache-2.0
// What the provider adds to the memory of a process, as the kernel counts it.
#pragma once

#include <filesystem>

namespace trustx::test {

// print_resident_memory_added is for a process that does nothing else. It signs with a software key and the default
// provider alone first, so that what every user of libcrypto has is there already; then it loads the configuration with
// trustx, loads the chip key and signs once. It prints what each of the two steps added: RSS, PSS and private memory of
// /proc/self/smaps_rollup, in kB (proc(5)).
void print_resident_memory_added(const std::filesystem::path& plain_configuration,
                                 const std::filesystem::path& software_key,
                                 const std::filesystem::path& trustx_configuration,
                                 const std::filesystem::path& chip_key);

}  // namespace trustx::test
