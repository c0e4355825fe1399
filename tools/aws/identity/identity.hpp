// SPDX-License-Identifier: Apache-2.0
// What an enrolled gateway is, and where its files are (aws-iot.md section 5): for programs that use them, and for
// those that write them.
#pragma once

#include "aws/identity/endpoint.hpp"
#include "aws/identity/method.hpp"
#include "common/files/file_store.hpp"

#include <trustx/object_id.hpp>

#include <optional>
#include <string>

namespace trustx::aws {

// Directories are where the files are; both can be moved.
struct Directories {
    std::string identity = "/etc/trustx";   // what services read
    std::string state = "/var/lib/trustx";  // the journal

    [[nodiscard]] std::string summary_file() const { return identity + "/aws.json"; }
    [[nodiscard]] std::string key_file() const { return identity + "/identity-key.pem"; }
    [[nodiscard]] std::string chain_file() const { return identity + "/identity-chain.pem"; }
    [[nodiscard]] std::string roots_file() const { return identity + "/amazon-roots.pem"; }

    // set has the same names for one set, whether it is in use or not.
    [[nodiscard]] Directories set(const std::string& name) const {
        return {.identity = identity + "/identities/" + name, .state = state};
    }
};

// Identity is aws.json.
struct Identity {
    Endpoint endpoint;
    std::string region;
    std::string account;  // its number; empty: nobody with credentials was there to learn it
    std::string thing;
    std::string certificate_id;
    ObjectId slot;
    EnrolmentMethod method = EnrolmentMethod::csr;

    [[nodiscard]] std::string text() const;
    // parse: InputErrc::malformed.
    static Result<Identity> parse(const std::string& text, const std::string& name);

    friend bool operator==(const Identity&, const Identity&) = default;
};

// load_identity reads aws.json; nothing: there is none.
Result<std::optional<Identity>> load_identity(files::FileStore& files, const Directories& directories);

}  // namespace trustx::aws
