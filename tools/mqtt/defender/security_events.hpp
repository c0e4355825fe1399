// SPDX-License-Identifier: Apache-2.0
// The chip's security event counter, which rises with uses of its private keys beyond one in 5 s, and with attacks
// (chip-objects.md section 9): a metric that only this gateway can give.
#pragma once

#include <trustx/result.hpp>

#include <chrono>
#include <cstdint>

namespace trustx::mqtt {

// read_security_events asks the chip that the settings name, as `trustx` does. It uses no key.
trustx::Result<std::uint8_t> read_security_events(std::chrono::milliseconds lock_timeout);

}  // namespace trustx::mqtt
