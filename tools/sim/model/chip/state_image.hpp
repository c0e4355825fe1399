// SPDX-License-Identifier: Apache-2.0
// The NVM image: a chip's state as a text file that is recognised, versioned and protected by a checksum.
#pragma once

#include "model/base/result.hpp"
#include "model/chip/chip_state.hpp"

#include <string>

namespace trustx::sim {

std::string encode_image(const ChipState& state);

// decode_image refuses foreign, damaged and newer files; the error is a phrase that completes "FILE ...".
Result<ChipState> decode_image(const std::string& image);

}  // namespace trustx::sim
