// SPDX-License-Identifier: Apache-2.0
// A gateway is taken out of use by its name: the cloud's half of a retirement, for an operator who does not have it at
// hand.
#pragma once

#include "aws/enrolment/certificate_removal.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace trustx::aws {

struct Retirement {
    std::string thing;
    std::string certificate_id;
    Removal removal = Removal::delete_;
    bool delete_thing = false;
};

// retire takes the certificate out of use, which has to be the thing's, and deletes the thing if that is wanted and it
// has no other certificate. It may be repeated. InputErrc::nothing_there: there is no such certificate;
// InputErrc::check_failed: it is another thing's.
Result<void> retire(const CloudAccess& cloud, const Retirement& what,
                    const std::function<void(std::string_view)>& note);

// delete_unused_thing leaves a thing that has other certificates, and says so.
Result<void> delete_unused_thing(const CloudAccess& cloud, const std::string& thing,
                                 const std::function<void(std::string_view)>& note);

}  // namespace trustx::aws
