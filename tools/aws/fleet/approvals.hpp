// SPDX-License-Identifier: Apache-2.0
// The operator's half of enrolments: requests of gateways are approved, and what they have installed is activated.
// There is a record of each, a journal like that of an enrolment, in a directory of the operator's: what was
// interrupted is carried on, and what was approved before gets the same answer. No chip is needed.
#pragma once

#include "aws/control/calls/certificates.hpp"
#include "aws/enrolment/cloud_calls.hpp"
#include "aws/enrolment/run.hpp"
#include "aws/fleet/messages.hpp"

#include <cstdint>
#include <string>

namespace trustx::aws {

// Unrecorded says what becomes of a proof of which there is no record here.
enum class Unrecorded : std::uint8_t { refused, taken };

class Approvals {
 public:
    // What the seams refer to must outlive it; it has no chip and no broker. region is that of the account.
    Approvals(const Seams& seams, std::string directory, std::string region);

    // lock excludes other processes with the same records, for as long as the result lives. EnrolmentErrc::busy.
    Result<std::unique_ptr<files::FileStore::Lock>> lock();

    // approve gets a certificate that is registered, attached to thing and policy, and inactive. wishes has everything
    // of the order but thing and slot; where there is a record, its order holds. A rotation gets a certificate with
    // thing and policies of the one that it replaces, which has to be the thing's, active, and its key to have signed
    // the request. Errors: those of the steps; EnrolmentErrc::thing_taken: the thing was approved for another key;
    // EnrolmentErrc::enrolled_already: it was activated by its proof alone, there is no answer here;
    // InputErrc::check_failed: a rotation of something else; InputErrc::usage: a method that has no operator's half.
    Result<OperatorAnswer> approve(const ReceivedRequest& received, const Order& wishes);

    // activate makes the certificate of a proof active, after a look at what is registered. Errors: those of the steps;
    // InputErrc::check_failed: the proof is not by the certificate's key, or is about something else than what was
    // approved, or belongs to another approval of it; EnrolmentErrc::enrolled_already: it was activated before, and
    // made inactive since; EnrolmentErrc::nothing_begun: there is no record that would say so, and that was not asked
    // for. An activation is recorded in any case.
    Result<void> activate(const Signed<Proof>& proof, Unrecorded unrecorded = Unrecorded::refused);

    // take_back removes what was made here for a request that was not activated; what another operator had approved
    // stays. EnrolmentErrc::nothing_begun, EnrolmentErrc::enrolled_already.
    Result<void> take_back(const Request& request);

    // record is that of a thing; nothing: there is none.
    Result<std::optional<Journal>> record(const std::string& thing);

    // answer_from is the answer of a record that is approved.
    Result<OperatorAnswer> answer_from(const Journal& record);

 private:
    [[nodiscard]] JournalFile file(const std::string& thing) const;
    [[nodiscard]] Run run(Journal journal, bool durable) const;
    Result<Journal> begin(const ReceivedRequest& received, const Order& wishes) const;
    [[nodiscard]] CloudAccess cloud() const { return {.client = seams_.cloud, .clock = seams_.broker.clock}; }
    Result<CertificateDescription> described(const std::string& thing, const std::string& id) const;
    Result<void> check_replaced(const ReceivedRequest& received) const;
    // is_over says whether a record has ended, and the request is for what comes after it: the next key of a rotation,
    // or an enrolment after the certificate was retired.
    [[nodiscard]] Result<bool> is_over(const Journal& record, const ReceivedRequest& received) const;
    Result<CertificateDescription> registered(const Signed<Proof>& proof) const;
    Result<void> activate_unrecorded(const Proof& proof, const CertificateDescription& found);

    Seams seams_;
    Directories directories_;
    std::string region_;
};

// is_approved says whether the answer of a record can be given.
bool is_approved(const Journal& record);

// is_of says whether a record is of this request, and not of another key's.
bool is_of(const Journal& record, const ReceivedRequest& received);

}  // namespace trustx::aws
