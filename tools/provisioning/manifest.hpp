// SPDX-License-Identifier: Apache-2.0
// The delivery manifest: which chips left the line, with their certificates and public keys, for whoever has to know
// them before they connect. A file of JSON lines, one for each key of a chip. A line may be there twice; the last one
// about a key of a chip is the one that counts. Readers ignore members that they do not know.
#pragma once

#include "common/files/file_store.hpp"

#include <trustx/object_id.hpp>
#include <trustx/result.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace trustx::provisioning {

struct Delivery {
    std::string uid{};             // of the chip, hexadecimal digits
    ObjectId slot{};               // which of its keys
    std::string certificate_id{};  // SHA-256 of the certificate in DER, as AWS names it; empty: there is none
    std::string certificate{};     // PEM, leaf first
    std::string public_key{};      // PEM
    std::string recipe{};          // its name
    std::string time{};            // RFC 3339, in UTC

    // line is the line with its end; parse its inverse. InputErrc::malformed.
    [[nodiscard]] std::string line() const;
    static Result<Delivery> parse(std::string_view line);

    friend bool operator==(const Delivery&, const Delivery&) = default;
};

// add_to_manifest adds lines durably; writers wait for no other: InputErrc::unwritable while another process writes.
Result<void> add_to_manifest(files::FileStore& files, const std::string& path, const std::vector<Delivery>& deliveries);

// parse_manifest reads a whole manifest, with one delivery for each key of a chip, in the order of the file. A last
// line without an end is one that is being written, and left out. InputErrc::malformed with the line.
Result<std::vector<Delivery>> parse_manifest(std::string_view text, const std::string& name);

}  // namespace trustx::provisioning
