// SPDX-License-Identifier: Apache-2.0
#include "aws/enrolment/methods.hpp"

#include "aws/enrolment/steps.hpp"

#include <array>

namespace trustx::aws {
namespace {

namespace s = steps;

// Functions, so that the steps of other files are there when they are first asked for.
std::span<const Step> by_csr() {
    static const std::array list{s::endpoint, s::slot,   s::key,           s::request,         s::certificate,
                                 s::thing,    s::policy, s::policy_target, s::thing_principal, s::install,
                                 s::files,    s::test,   s::activation,    s::connection};
    return list;
}

std::span<const Step> by_registration() {
    static const std::array list{s::endpoint, s::slot,         s::key,           s::request,         s::thing,
                                 s::policy,   s::registration, s::policy_target, s::thing_principal, s::install,
                                 s::files,    s::test,         s::activation,    s::connection};
    return list;
}

std::span<const Step> by_own_ca() {
    static const std::array list{s::endpoint,   s::slot,  s::key,    s::request,       s::issue,
                                 s::registered, s::thing, s::policy, s::policy_target, s::thing_principal,
                                 s::install,    s::files, s::test,   s::activation,    s::connection};
    return list;
}

std::span<const Step> by_factory_certificate() {
    static const std::array list{s::endpoint, s::factory, s::vendor,        s::registered,
                                 s::thing,    s::policy,  s::policy_target, s::thing_principal,
                                 s::files,    s::test,    s::activation,    s::connection};
    return list;
}

std::span<const Step> just_in_time() {
    static const std::array list{s::endpoint, s::slot,    s::key,   s::request,
                                 s::issue,    s::install, s::files, s::first_connection};
    return list;
}

std::span<const Step> just_in_time_as_delivered() {
    static const std::array list{s::endpoint, s::factory, s::files, s::first_connection};
    return list;
}

std::span<const Step> by_claim() {
    static const std::array list{s::endpoint, s::slot,  s::key,          s::request,   s::claimed_certificate,
                                 s::install,  s::files, s::provisioning, s::connection};
    return list;
}

}  // namespace

std::span<const Step> steps_of(const Order& order) {
    switch (order.method) {
        case EnrolmentMethod::csr:
            return by_csr();
        case EnrolmentMethod::register_thing:
            return by_registration();
        case EnrolmentMethod::own_ca:
            return by_own_ca();
        case EnrolmentMethod::factory_cert:
            return by_factory_certificate();
        case EnrolmentMethod::claim:
            return by_claim();
        case EnrolmentMethod::jit:
            break;
    }
    return order.needs_authority() ? just_in_time() : just_in_time_as_delivered();
}

}  // namespace trustx::aws
