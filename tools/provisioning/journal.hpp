// SPDX-License-Identifier: Apache-2.0
// The journal of one chip: which recipe it gets, how far it is, and what could not be found out again or would cost
// another certificate. The chip itself is the truth: without a journal, work is taken up by what the chip holds.
#pragma once

#include "common/files/journal_file.hpp"

#include <trustx/key.hpp>
#include <trustx/object_id.hpp>
#include <trustx/result.hpp>
#include <trustx/uid.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace trustx::provisioning {

enum class Phase : std::uint8_t { applying, done, scrap };

// SlotFacts are what is known of a slot.
struct SlotFacts {
    std::optional<PublicKey> key{};
    std::string request{};  // the CSR in PEM
    std::string chain{};    // the certificate issued for it, in PEM, leaf first
    bool proven = false;    // by a handshake with what is in the chip

    friend bool operator==(const SlotFacts&, const SlotFacts&) = default;
};

struct Journal {
    std::string chip{};    // UID
    std::string recipe{};  // its name
    std::string digest{};  // of the recipe
    Phase phase = Phase::applying;
    std::string step{};  // what was begun, in words
    std::map<ObjectId, SlotFacts> slots{};
    std::set<ObjectId> written{};                // objects whose content was written and read back
    std::map<ObjectId, std::string> replaced{};  // what trust anchors held before, in hexadecimal digits
    bool listed = false;                         // in the manifest

    // text and parse are the file. InputErrc::malformed.
    [[nodiscard]] std::string text() const;
    static Result<Journal> parse(const std::string& text, const std::string& name);

    friend bool operator==(const Journal&, const Journal&) = default;
};

// JournalFile is where it is: one for each chip. ProvisioningErrc::busy where another process provisions it.
class JournalFile : public files::JournalFile<Journal> {
 public:
    JournalFile(files::FileStore& files, const std::string& directory, const Uid& uid);
};

}  // namespace trustx::provisioning
