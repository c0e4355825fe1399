// SPDX-License-Identifier: Apache-2.0
// What tells a message that a disk has changed from the one that was written: SQLite has no checksums of its pages.
#pragma once

#include "connection/error.hpp"
#include "connection/message.hpp"

#include <cstdint>

namespace trustx::mqtt {

// checksum_of is the first eight bytes of the SHA-256 of everything in the message, its id included.
Result<std::uint64_t> checksum_of(const OutgoingMessage& message);

}  // namespace trustx::mqtt
