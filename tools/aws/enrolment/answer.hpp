// SPDX-License-Identifier: Apache-2.0
// What an operator, who has an account and no chip, gives to a gateway, which has a chip and no account: everything
// that the gateway's half of an enrolment does not know by itself.
#pragma once

#include "aws/enrolment/order.hpp"

#include <string>

namespace trustx::aws {

struct OperatorAnswer {
    std::string thing;
    std::string chip;  // UID of the one that asked
    ObjectId slot;
    Endpoint endpoint;
    std::string region;
    std::string account;
    std::string challenge;  // of this approval, which the gateway's proof signs; hexadecimal
    std::string client_id;  // to prove the identity with; the thing's name, or one beside it (rotation)
    std::string certificate_arn;
    std::string certificate;  // PEM, leaf first
    std::string roots;        // PEM: what the broker's certificate is checked with

    friend bool operator==(const OperatorAnswer&, const OperatorAnswer&) = default;
};

}  // namespace trustx::aws
