// SPDX-License-Identifier: Apache-2.0
#include "aws/enrolment/order.hpp"

#include "aws/documents/policy.hpp"
#include "common/files/input_error.hpp"
#include "common/text/printable.hpp"
#include "common/try.hpp"

#include <algorithm>
#include <utility>

namespace trustx::aws {
namespace {

struct TaskName {
    Task task;
    std::string_view text;
};

constexpr std::array task_names{TaskName{Task::enroll, "enroll"}, TaskName{Task::rotate, "rotate"},
                                TaskName{Task::retire, "retire"}};

bool consists_of(std::string_view text, std::string_view others, std::size_t limit) {
    const auto allowed = [others](char letter) {
        const bool alphanumeric =
            (letter >= '0' && letter <= '9') || (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z');
        return alphanumeric || others.find(letter) != std::string_view::npos;
    };
    return !text.empty() && text.size() <= limit && std::ranges::all_of(text, allowed);
}

constexpr std::size_t longest_name = 128;

// Without credentials nobody tells the broker's name.
Result<void> check_endpoint_given(const Order& order) {
    if (!order.endpoint.empty()) {
        return {};
    }
    return fail(InputErrc::usage, "the method " + std::string{name_of(order.method)} +
                                      " has no credentials to ask for the broker with: name it by --endpoint");
}

// With JITP the thing gets its name from the certificate, whose common name has at most 64 characters (RFC 5280
// appendix A.1).
Result<void> check_jit(const Order& order) {
    constexpr std::size_t longest_common_name = 64;
    if (order.thing.size() > longest_common_name && order.needs_authority()) {
        return fail(InputErrc::usage,
                    "the thing's name is the common name of its certificate here, which has at most " +
                        std::to_string(longest_common_name) + " characters");
    }
    return check_endpoint_given(order);
}

Result<void> check_claim_slot(const Order& order) {
    if (!paired_certificate(*order.claim_slot)) {
        return fail(InputErrc::usage, "the claim's slot " + order.claim_slot->hex() + " is no key slot");
    }
    if (*order.claim_slot == order.slot) {
        return fail(InputErrc::usage,
                    order.slot.hex() + " cannot have the claim and the key that replaces it: choose another slot");
    }
    return check_endpoint_given(order);
}

// check_texts: the journal is JSON, which takes UTF-8 only, and files that are made have a line for each of these.
Result<void> check_texts(const Order& order) {
    const std::array<std::pair<const char*, std::string_view>, 9> texts{
        {{"--region", order.region},
         {"--account", order.account},
         {"--endpoint", order.endpoint},
         {"--ca", order.ca_file},
         {"--authority-cert", order.authority_certificate},
         {"--authority-key", order.authority_key},
         {"--claim-cert", order.claim_certificate},
         {"--claim-key", order.claim_key},
         {"--device-name", order.device_name}}};
    for (const auto& [option, text] : texts) {
        if (!text::is_printable(text)) {
            return fail(InputErrc::usage, std::string{option} + ": `" + std::string{text} +
                                              "` is no UTF-8, or has control characters, and cannot be recorded: give "
                                              "it another name");
        }
    }
    return {};
}

// is_utf8 lets values have lines.
bool is_utf8(std::string value) {
    std::ranges::replace_if(
        value, [](char letter) { return letter == '\n' || letter == '\r' || letter == '\t'; }, ' ');
    return text::is_printable(value);
}

// check_parameter: aws-iot.md section 4 for lengths. ThingName and SerialNumber are what this gateway says of itself;
// the other reserved names the service gives.
Result<void> check_parameter(const std::string& name, const std::string& value) {
    constexpr std::size_t longest_value = 4096;
    if (name == "ThingName" || name == "SerialNumber" || name.starts_with("AWS::")) {
        return fail(InputErrc::usage, "the parameter " + name +
                                          " is reserved: ThingName and SerialNumber are the thing and the chip's UID, "
                                          "and AWS:: begins what the service gives");
    }
    if (name.empty() || value.empty() || value.size() > longest_value) {
        return fail(InputErrc::usage, "a parameter is NAME=VALUE, with 1 to " + std::to_string(longest_value) +
                                          " bytes of value, which `" + name + "` does not have");
    }
    if (!text::is_printable(name) || !is_utf8(value)) {
        return fail(InputErrc::usage, "--parameter: `" + name + "=" + value + "` is no UTF-8");
    }
    return {};
}

Result<void> check_parameters(const Order& order) {
    if (order.method != EnrolmentMethod::claim && !order.parameters.empty()) {
        return fail(InputErrc::usage, "parameters are for the template of the method claim");
    }
    for (const auto& [name, value] : order.parameters) {
        TRYV(check_parameter(name, value));
    }
    return {};
}

// A claim is in files or in a slot; otherwise AWS makes one for who has credentials.
Result<void> check_claim(const Order& order) {
    constexpr std::size_t longest_template_name = 36;
    if (order.template_name.empty()) {
        return fail(InputErrc::usage, "the method claim needs a provisioning template: name it by --template");
    }
    if (!consists_of(order.template_name, "_-", longest_template_name)) {
        return fail(InputErrc::usage, "`" + order.template_name +
                                          "` is no name for a provisioning template: "
                                          "letters, digits, `_` and `-`, at most " +
                                          std::to_string(longest_template_name));
    }
    if (order.claim_certificate.empty() != order.claim_key.empty() || (order.claim_slot && !order.claim_key.empty())) {
        return fail(InputErrc::usage,
                    "a claim is a certificate and its key in files, or a slot: name both files, the "
                    "slot, or nothing, so that AWS makes a claim");
    }
    if (order.claim_slot) {
        return check_claim_slot(order);
    }
    return order.claim_key.empty() ? Result<void>{} : check_endpoint_given(order);
}

Result<void> check_method(const Order& order) {
    switch (order.method) {
        case EnrolmentMethod::jit:
            return check_jit(order);
        case EnrolmentMethod::claim:
            return check_claim(order);
        default:
            return {};
    }
}

}  // namespace

std::string_view name_of(Task task) {
    return std::ranges::find(task_names, task, &TaskName::task)->text;
}

Result<Task> parse_task(std::string_view name) {
    const auto* const found = std::ranges::find(task_names, name, &TaskName::text);
    if (found == task_names.end()) {
        return fail(InputErrc::malformed, "there is no task `" + std::string{name} + "`");
    }
    return found->task;
}

Result<Parameters> parse_parameters(const std::vector<std::string>& texts) {
    Parameters parameters;
    for (const auto& text : texts) {
        const auto equals = text.find('=');
        if (equals == std::string::npos) {
            return fail(InputErrc::usage, "the parameter `" + text + "` is not NAME=VALUE");
        }
        const auto name = text.substr(0, equals);
        if (!parameters.emplace(name, text.substr(equals + 1)).second) {
            return fail(InputErrc::usage, "the parameter " + name + " is given twice");
        }
    }
    return parameters;
}

bool Order::needs_authority() const {
    const bool is_named = !authority_certificate.empty() || !authority_key.empty();
    return method == EnrolmentMethod::own_ca || (method == EnrolmentMethod::jit && is_named);
}

bool Order::makes_policy() const {
    return method != EnrolmentMethod::jit && method != EnrolmentMethod::claim && method != EnrolmentMethod::by_operator;
}

ObjectId Order::usual_slot() const {
    const bool is_delivered = method == EnrolmentMethod::factory_cert || method == EnrolmentMethod::jit;
    return is_delivered && !needs_authority() ? factory_slot : first_free_slot;
}

Result<void> Order::check() const {
    if (!consists_of(thing, ":_-", longest_name)) {
        return fail(InputErrc::usage, "`" + thing +
                                          "` is no name for a thing: letters, digits, `:`, `_` and `-`, at most " +
                                          std::to_string(longest_name) + " of them");
    }
    if (!consists_of(policy, "_+=,.@-", longest_name)) {
        return fail(InputErrc::usage, "`" + policy + "` is no name for a policy");
    }
    if (!paired_certificate(slot)) {
        return fail(InputErrc::usage, slot.hex() + " is no key slot");
    }
    if (!endpoint.empty()) {
        TRYV(Endpoint::parse(endpoint));
    }
    TRYV(check_additions(rules, clients));
    if (!makes_policy() && !(rules.empty() && clients.empty())) {
        return fail(InputErrc::usage,
                    "--rule and --client are for a policy that enroll makes, and with this method a template of the "
                    "account names it: make it with `trustx aws make policy`");
    }
    TRYV(check_texts(*this));
    TRYV(check_parameters(*this));
    return check_method(*this);
}

}  // namespace trustx::aws
