// SPDX-License-Identifier: Apache-2.0
// The journal of one enrolment: what was asked for, how far it is, and everything that could not be found out again. It
// is written before each step, so that whoever finds it after a power cut knows which step may have been done, and
// which were. It holds no secret of AWS's (aws-iot.md section 5).
#pragma once

#include "aws/enrolment/order.hpp"
#include "common/files/journal_file.hpp"

#include <trustx/key.hpp>

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <vector>

namespace trustx::aws {

// Facts are what steps found out or decided. A look-up that decides what may be undone is recorded before what it
// decides about, and never again: a resumed run would find its own work there.
struct Facts {
    std::string endpoint{};                 // HOST[:PORT] of the broker
    std::string region{};                   // where the operator enrolled it; empty: that of the order
    std::string roots{};                    // PEM: the operator's; empty: those that the order says
    std::optional<bool> slot_was_empty{};   // false: the key was found in the slot
    std::optional<PublicKey> public_key{};  // of the slot
    std::string request{};                  // the CSR in PEM
    bool asked = false;                     // the call was made, or is about to be, that must not be repeated blindly:
                                            // the one that issues the certificate, or by claim, makes it active
    std::string token{};                    // by claim: what the certificate can be provisioned with, for an hour
    std::vector<std::string> certificates_before{};  // of the thing, by their ARNs, before that call
    std::string partition{};                         // of the account: "aws", "aws-cn", "aws-us-gov"
    std::string account{};                           // its number
    std::string certificate_id{};                    // SHA-256 of the certificate's DER in lower-case hexadecimal
    std::string certificate_arn{};
    std::string certificate{};                         // PEM, leaf first
    std::optional<bool> certificate_existed{};         // in the cloud, before this enrolment
    std::optional<bool> thing_existed{};               // before this enrolment
    std::optional<std::vector<std::string>> others{};  // certificates, by their ARNs, that the thing may have besides
                                                       // this one: what it had when this began; nothing: any
    std::optional<std::vector<Bytes>> held{};          // the certificates that the object held before, in DER
    std::optional<std::string> previous_set{};         // of files, which was in use before; empty: none
    std::string set{};                                 // of files, of this identity

    // rotate, retire: the identity that is replaced or taken out of use
    std::string old_certificate_id{};
    std::string old_certificate_arn{};      // empty: it is not registered
    std::optional<ObjectId> old_slot{};     // of its key
    std::optional<PublicKey> old_key{};     // as its certificate says
    std::vector<std::string> policies{};    // attached to its certificate, by their names
    std::optional<PublicKey> key_before{};  // rotate: which was in the slot of the new key
    std::string client_id{};                // rotate: to prove the new identity with; empty: the thing's name

    // approvals of an operator
    std::string challenge{};  // which a proof has to sign; of an activation without an approval: that of its proof

    friend bool operator==(const Facts&, const Facts&) = default;
};

// Phase is what the journal is about.
enum class Phase : std::uint8_t { enrolling, abandoning, done };

struct Journal {
    Order order;
    std::string chip;  // its UID
    std::time_t begun = 0;
    Phase phase = Phase::enrolling;
    std::string step = {};  // the one that was begun; all before it are done
    Facts facts = {};

    // text and parse are the file; parse reads those of earlier versions, too. A step that gets another name, or a
    // member whose absence means something else than its default, makes another format. InputErrc::malformed, also for
    // the format of a later version.
    [[nodiscard]] std::string text() const;
    static Result<Journal> parse(const std::string& text, const std::string& name);

    friend bool operator==(const Journal&, const Journal&) = default;
};

// JournalFile is where it is. EnrolmentErrc::busy where another process enrols.
class JournalFile : public files::JournalFile<Journal> {
 public:
    JournalFile(files::FileStore& files, const std::string& directory, const std::string& name = "enroll");
};

}  // namespace trustx::aws
