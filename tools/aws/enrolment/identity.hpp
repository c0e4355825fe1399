// SPDX-License-Identifier: Apache-2.0
// What an enrolled gateway has: the files of aws-iot.md section 5.
#pragma once

#include "aws/enrolment/order.hpp"
#include "common/files/file_store.hpp"

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
};

// Identity is aws.json.
struct Identity {
    Endpoint endpoint;
    std::string region;
    std::string account;
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

// check_not_enrolled refuses to replace an identity. EnrolmentErrc::enrolled_already.
Result<void> check_not_enrolled(files::FileStore& files, const Directories& directories);

// broker_roots is what the broker's certificate is checked with, in PEM: the content of ca_file, or Amazon's roots 1
// and 3 (section 1.3) where this system has them. InputErrc::unreadable, InputErrc::nothing_there.
Result<std::string> broker_roots(files::FileStore& files, const std::string& ca_file);

}  // namespace trustx::aws
