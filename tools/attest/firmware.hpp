// SPDX-License-Identifier: Apache-2.0
// Which version of the firmware runs, as the gateway's own updater knows it.
#pragma once

#include "attest/roots.hpp"

#include <trustx/result.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace trustx::attest {

// FirmwareSource says who knows it; at most one is set.
struct FirmwareSource {
    std::string text{};  // the version itself
    std::string file{};  // its first line is the version; or, of os-release(5), IMAGE_VERSION, else VERSION_ID
    bool rauc = false;   // RAUC: the bundle that is installed in the slot that was booted
};

// firmware_version is nothing where no source is named. InputErrc::nothing_there where the source does not tell.
Result<std::optional<std::string>> firmware_version(const Roots& roots, const FirmwareSource& source,
                                                    const RunProgram& run);

// rauc_version finds it in what `rauc status --detailed --output-format=json` prints.
Result<std::string> rauc_version(std::string_view json);

}  // namespace trustx::attest
