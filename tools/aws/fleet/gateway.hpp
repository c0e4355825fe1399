// SPDX-License-Identifier: Apache-2.0
// The gateway's half of an enrolment whose account an operator has: a request, and what becomes of the answer. Both are
// parts of one enrolment with the method by_operator, which is interrupted, resumed and abandoned like any other.
#pragma once

#include "aws/enrolment/enrolment.hpp"
#include "aws/fleet/messages.hpp"

namespace trustx::aws {

// request begins an enrolment or a rotation, up to where it waits for the operator; one for the same thing and slot
// that waits already is taken up, and gives the same request again. order.method is set here. Errors: those of
// Enrolment::begin; EnrolmentErrc::unfinished: something else has not ended.
Result<Signed<Request>> request(const Seams& seams, const Directories& directories, Order order);

// install takes the operator's answer into chip and files, and gives the proof. It can be interrupted and repeated,
// also with the answer of a later approval of the same certificate, to which another proof belongs; the broker is not
// asked: the certificate becomes active by the proof. Errors: those of Enrolment::resume; EnrolmentErrc::nothing_begun:
// there is no request; InputErrc::check_failed: another answer was installed.
Result<Signed<Proof>> install(Seams seams, const Directories& directories, const OperatorAnswer& answer);

// waits_for_operator says whether the operator's answer is what an enrolment waits for.
bool waits_for_operator(const Journal& journal);

// is_installed says whether nothing of an enrolment is missing but a broker that accepts it.
bool is_installed(const Journal& journal);

}  // namespace trustx::aws
