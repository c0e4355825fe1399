// SPDX-License-Identifier: Apache-2.0
// How fast an account is asked. AWS IoT allows each operation so many times a second for the whole account (aws-iot.md
// section 6.2), which everybody else who uses the account shares.
#pragma once

#include <trustx/clock.hpp>

#include <map>
#include <string_view>

namespace trustx::aws {

class Pace {
 public:
    // per_second is for each operation by itself. clock must outlive it.
    Pace(Clock& clock, double per_second);

    // wait_for sleeps until an operation, by its name, which must outlive this, may be used again.
    void wait_for(std::string_view operation);

 private:
    Clock& clock_;
    Duration interval_;
    std::map<std::string_view, TimePoint> next_;
};

}  // namespace trustx::aws
