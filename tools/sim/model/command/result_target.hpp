// SPDX-License-Identifier: Apache-2.0
// Where CalcSSec and DeriveKey put their result: into the answer (tag 07) or into a session (tag 08).
#pragma once

#include "model/command/command.hpp"
#include "model/command/tlv.hpp"

namespace trustx::sim {

// ResultTarget is a session, or nothing for the answer itself.
struct ResultTarget {
    std::optional<ObjectId> session;
};

// take_result_target reads the last TLV of a request.
Outcome<ResultTarget> take_result_target(TlvReader& reader);

// deliver is the command's OutData: the secret, or nothing after storing it.
Bytes deliver(CommandContext& context, const ResultTarget& target, Bytes secret);

}  // namespace trustx::sim
