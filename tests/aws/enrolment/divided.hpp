// SPDX-License-Identifier: Apache-2.0
// An enrolment that is divided between a gateway and an operator: two computers, and the files that go between them.
#pragma once

#include "aws/fleet/approvals.hpp"
#include "aws/fleet/gateway.hpp"
#include "world.hpp"

#include <string>
#include <vector>

namespace trustx::test {

// operators_ways are the methods that have an operator's half.
inline const std::vector<aws::EnrolmentMethod> operators_ways{
    aws::EnrolmentMethod::csr, aws::EnrolmentMethod::register_thing, aws::EnrolmentMethod::own_ca};

class Divided {
 public:
    // method is the operator's.
    explicit Divided(aws::EnrolmentMethod method);

    // Each of these is one run of a program, on the computer that it belongs to; what one gives to the other is in
    // files, which are calls of the seams too.
    Result<void> request();
    Result<void> approve();
    Result<void> install();
    Result<void> activate();
    Result<void> connect();

    // go_on is what people do who do not know what was done: all of it, in order. A request is not made again when its
    // file is there.
    Result<void> go_on();

    // The gateway gives up, and the operator too.
    Result<void> abandon();
    Result<void> take_back();

    [[nodiscard]] std::string mail(const std::string& name) const;
    // answered is the answer without its challenge, which each approval makes for itself.
    [[nodiscard]] std::string answered() const;
    void put_mail(const std::string& name, const std::string& text);
    void change_mail(const std::string& name, const std::string& from, const std::string& to);

    World world{aws::EnrolmentMethod::by_operator};
    aws::Order wishes;
    std::string records = "/records";
    aws::Unrecorded unrecorded = aws::Unrecorded::refused;

 private:
    Result<void> at_gateway(const std::function<Result<void>(const aws::Seams&)>& what);
    Result<void> at_operator(const std::function<Result<void>(aws::Approvals&)>& what);
};

}  // namespace trustx::test
