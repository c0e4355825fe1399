// SPDX-License-Identifier: Apache-2.0
// What is signed: the digest of a message, computed here, or one that the user gives.
#pragma once

#include "cli/command_line.hpp"

#include <trustx/bytes.hpp>
#include <trustx/key.hpp>
#include <trustx/result.hpp>

#include <string>

namespace trustx::cli {

// MessageOptions are those that sign and verify share.
struct MessageOptions {
    std::string file = "-";
    std::string digest = "sha256";  // sha384, sha512
    bool hashed = false;            // the input is a digest already
};

void add_message_options(Command& command, MessageOptions& options);

// message_digest hashes the message, and cuts the digest to what ECDSA on this curve takes, as openssl does.
Result<Bytes> message_digest(const MessageOptions& options, Curve curve);

}  // namespace trustx::cli
