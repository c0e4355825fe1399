// SPDX-License-Identifier: Apache-2.0
// Reading the PEM form of key references. Not PEM_read_bio, because the label must be known before the rest is decoded:
// a damaged block is our error to report only when it is ours.
#pragma once

#include "core.hpp"

#include <trustx/key_reference.hpp>

#include <optional>
#include <string>

namespace trustx::provider {

// PemBlock is one block of a file.
struct PemBlock {
    std::string label;
    bool ended = false;   // the END line was there
    std::string headers;  // lines with a colon, as encrypted files of old have them
    std::string body;     // base64 without line breaks
};

// next_pem_block reads up to and including the END line of the next block, as PEM_read_bio does; libcrypto's loop over
// the blocks of a file relies on it. Nothing at the end of input.
[[nodiscard]] std::optional<PemBlock> next_pem_block(const Core& core, OSSL_CORE_BIO* bio);

// reference_der decodes the body of a block of ours. Error: Reason::key_file_malformed saying what is wrong.
[[nodiscard]] Outcome<Bytes> reference_der(const PemBlock& block);

}  // namespace trustx::provider
