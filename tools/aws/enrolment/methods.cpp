// SPDX-License-Identifier: Apache-2.0
#include "aws/enrolment/methods.hpp"

#include "aws/enrolment/steps.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <vector>

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

// The steps by which a method gets a certificate for a request, up to one that is registered and inactive.
std::span<const Step> issuing_steps(EnrolmentMethod method) {
    static const std::array by_csr{s::certificate};
    static const std::array by_registration{s::registration};
    static const std::array by_own_ca{s::issue, s::registered};
    switch (method) {
        case EnrolmentMethod::csr:
            return by_csr;
        case EnrolmentMethod::register_thing:
            return by_registration;
        case EnrolmentMethod::own_ca:
            return by_own_ca;
        default:
            return {};
    }
}

std::span<const Step> with_operator() {
    static const std::array list{s::slot, s::key, s::request, s::answer, s::install, s::files, s::connection};
    return list;
}

// Approvals look at the thing before a certificate is made: one that is another gateway's costs none.
std::span<const Step> approval_by_csr() {
    static const std::array list{s::endpoint,      s::earlier,         s::thing, s::policy,    s::certificate,
                                 s::policy_target, s::thing_principal, s::test,  s::activation};
    return list;
}

std::span<const Step> approval_by_registration() {
    static const std::array list{s::endpoint,      s::earlier,         s::thing, s::policy,    s::registration,
                                 s::policy_target, s::thing_principal, s::test,  s::activation};
    return list;
}

std::span<const Step> approval_by_own_ca() {
    static const std::array list{s::endpoint,   s::earlier,       s::thing,           s::policy, s::issue,
                                 s::registered, s::policy_target, s::thing_principal, s::test,   s::activation};
    return list;
}

// An operator's half of a rotation: the new certificate is what the old one is.
std::vector<Step> rotation_approval_by(EnrolmentMethod method) {
    std::vector<Step> list{s::endpoint, s::old_registration, s::earlier};
    const auto issuing = issuing_steps(method);
    list.insert(list.end(), issuing.begin(), issuing.end());
    list.insert(list.end(), {s::copied_policies, s::thing_principal, s::test, s::client, s::activation});
    return list;
}

std::span<const Step> rotation_approval(EnrolmentMethod method) {
    static std::map<EnrolmentMethod, std::vector<Step>> lists;
    const auto [list, fresh] = lists.try_emplace(method);
    if (fresh && !issuing_steps(method).empty()) {
        list->second = rotation_approval_by(method);
    }
    return list->second;
}

std::span<const Step> approval(EnrolmentMethod method) {
    switch (method) {
        case EnrolmentMethod::csr:
            return approval_by_csr();
        case EnrolmentMethod::register_thing:
            return approval_by_registration();
        case EnrolmentMethod::own_ca:
            return approval_by_own_ca();
        default:
            return {};
    }
}

// Rotations of gateways that have no account, and cannot end the old certificate.
std::span<const Step> rotation_with_operator() {
    static const std::array list{s::old_identity, s::other_slot, s::new_key,    s::request, s::answer,       s::install,
                                 s::new_files,    s::connection, s::changeover, s::old_key, s::earlier_files};
    return list;
}

std::span<const Step> rotation_by_claim() {
    static const std::array list{s::old_identity,        s::endpoint, s::other_slot,   s::new_key,      s::request,
                                 s::claimed_certificate, s::install,  s::new_files,    s::provisioning, s::connection,
                                 s::changeover,          s::old_key,  s::earlier_files};
    return list;
}

std::vector<Step> rotation_by(EnrolmentMethod method) {
    std::vector<Step> list{s::old_identity, s::old_registration, s::endpoint, s::other_slot, s::new_key, s::request};
    const auto issuing = issuing_steps(method);
    list.insert(list.end(), issuing.begin(), issuing.end());
    list.insert(list.end(),
                {s::copied_policies, s::thing_principal, s::install, s::new_files, s::test, s::client, s::activation,
                 s::connection, s::changeover, s::old_certificate, s::old_object, s::earlier_files});
    return list;
}

std::span<const Step> rotation(EnrolmentMethod method) {
    if (method == EnrolmentMethod::by_operator) {
        return rotation_with_operator();
    }
    if (method == EnrolmentMethod::claim) {
        return rotation_by_claim();
    }
    static std::map<EnrolmentMethod, std::vector<Step>> lists;
    const auto [list, fresh] = lists.try_emplace(method);
    if (fresh) {
        list->second = rotation_by(method);
    }
    return list->second;
}

std::span<const Step> retirement() {
    static const std::array list{s::old_identity, s::old_registration, s::old_certificate,
                                 s::old_thing,    s::old_object,       s::no_files};
    return list;
}

std::span<const Step> enrolment(const Order& order) {
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
        case EnrolmentMethod::by_operator:
            return with_operator();
        case EnrolmentMethod::jit:
            break;
    }
    return order.needs_authority() ? just_in_time() : just_in_time_as_delivered();
}

}  // namespace

std::span<const Step> steps_of(const Order& order) {
    switch (order.task) {
        case Task::enroll:
            break;
        case Task::rotate:
            return rotation(order.method);
        case Task::retire:
            return retirement();
    }
    return enrolment(order);
}

bool can_rotate(EnrolmentMethod method) {
    return method == EnrolmentMethod::by_operator || method == EnrolmentMethod::claim || !issuing_steps(method).empty();
}

bool ends_old_certificate(const Order& order) {
    return std::ranges::any_of(steps_of(order), [](const Step& step) { return step.name == s::old_certificate.name; });
}

std::span<const Step> approval_steps_of(const Order& order) {
    return order.task == Task::rotate ? rotation_approval(order.method) : approval(order.method);
}

}  // namespace trustx::aws
