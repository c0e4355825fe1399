// SPDX-License-Identifier: Apache-2.0
// The ways of an enrolment, and their names.
#pragma once

#include <trustx/result.hpp>

#include <array>
#include <cstdint>
#include <string_view>

namespace trustx::aws {

// EnrolmentMethod is a way to a registered certificate (aws-iot.md section 7).
enum class EnrolmentMethod : std::uint8_t { csr, register_thing, own_ca, factory_cert, jit, claim, by_operator };

// all_methods are those that one computer can do: `by_operator` is a gateway's half of an enrolment, and somebody with
// an account chooses the way of the other half.
inline constexpr std::array all_methods{EnrolmentMethod::csr,    EnrolmentMethod::register_thing,
                                        EnrolmentMethod::own_ca, EnrolmentMethod::factory_cert,
                                        EnrolmentMethod::jit,    EnrolmentMethod::claim};

// name_of is the word of the command line and of the journal; parse_method the inverse. InputErrc::usage.
std::string_view name_of(EnrolmentMethod method);
Result<EnrolmentMethod> parse_method(std::string_view name);

}  // namespace trustx::aws
