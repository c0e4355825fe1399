// SPDX-License-Identifier: Apache-2.0
// What somebody wants enrolled, and by which way.
#pragma once

#include "aws/identity/endpoint.hpp"
#include "aws/identity/method.hpp"

#include <trustx/object_id.hpp>
#include <trustx/result.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trustx::aws {

inline constexpr ObjectId factory_slot{0xE0F0};  // has a key and a certificate from the factory
inline constexpr ObjectId first_free_slot{0xE0F1};

// needs_account says whether a method makes calls of AWS.
constexpr bool needs_account(EnrolmentMethod method) {
    return method != EnrolmentMethod::by_operator;
}

// Task is what is done with an identity: a first one, another in place of the one in use, or none any more.
enum class Task : std::uint8_t { enroll, rotate, retire };

std::string_view name_of(Task task);
Result<Task> parse_task(std::string_view name);

// Parameters of a provisioning template, by their names.
using Parameters = std::map<std::string, std::string>;

// parse_parameters reads NAME=VALUE each. InputErrc::usage, also for a name that is there twice.
Result<Parameters> parse_parameters(const std::vector<std::string>& texts);

struct Order {
    Task task = Task::enroll;
    EnrolmentMethod method = EnrolmentMethod::csr;
    std::string thing{};
    ObjectId slot = first_free_slot;
    std::string policy = "trustx-gateway";
    std::vector<std::string> rules{};    // what the policy allows besides where it is made: publishing to these
    std::vector<std::string> clients{};  // rules, and connecting as THING-SUFFIX
    std::string region{};
    std::string account{};                 // the one that is meant; empty: whichever the credentials belong to
    std::string endpoint{};                // HOST[:PORT]; empty: ask for it
    std::string ca_file{};                 // what the broker's certificate is checked with; empty: Amazon's roots
    std::string authority_certificate{};   // own-ca, jit: a file with the certificate of who issues
    std::string authority_key{};           // a file with its key, which may be a reference to one in a chip
    std::string template_name{};           // claim: the provisioning template
    Parameters parameters{};               // claim: what the template gets besides ThingName and SerialNumber
    std::string claim_certificate{};       // claim: a file with its certificate
    std::string claim_key{};               // claim: a file with its key, which may be a reference to one in a chip
    std::optional<ObjectId> claim_slot{};  // claim: the slot of this chip that has it
    std::string device_name{};             // section of trustx.conf that key files remember; empty: the default chip
    bool existing_thing = false;           // a thing that exists and has other certificates gets this one in addition
    bool replace = false;       // an identity that is there is replaced, in the slot's object and in files; rotate: a
                                // key in the slot that somebody may need
    bool revoke = false;        // retire: the certificate is revoked, and stays registered as that
    bool delete_thing = false;  // retire: the thing too

    // needs_authority says whether an authority of the operator's issues the certificate. Without one the method jit
    // shows the certificate that the chip has.
    [[nodiscard]] bool needs_authority() const;

    // makes_policy says whether the method makes the policy where there is none; else a template names one.
    [[nodiscard]] bool makes_policy() const;

    // usual_slot is where the key is unless told otherwise: the factory's, or the first that is free.
    [[nodiscard]] ObjectId usual_slot() const;

    // check refuses what AWS would refuse later (section 4). InputErrc::usage.
    [[nodiscard]] Result<void> check() const;

    friend bool operator==(const Order&, const Order&) = default;
};

}  // namespace trustx::aws
