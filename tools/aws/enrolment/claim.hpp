// SPDX-License-Identifier: Apache-2.0
// The claim: an identity that is only good for asking for another one (aws-iot.md section 7.6).
#pragma once

#include "aws/enrolment/mqtt_port.hpp"
#include "aws/signing/credentials.hpp"
#include "common/files/file_store.hpp"

#include <memory>
#include <optional>
#include <string>

namespace trustx::aws {

// Claim is the files that a client shows, and the connection on which it was accepted. What is no file of the user's is
// held in memory, keys that AWS made among it.
struct Claim {
    std::string certificate_file;
    std::string key_file;
    std::unique_ptr<files::FileStore::Held> certificate{};
    std::unique_ptr<files::FileStore::Held> key{};
    std::unique_ptr<files::FileStore::Held> roots{};
    std::optional<WallTime> expiration{};          // of the claim itself
    std::unique_ptr<Conversation> conversation{};  // nothing: it has to be opened
};

}  // namespace trustx::aws
