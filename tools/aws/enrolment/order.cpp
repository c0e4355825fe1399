// SPDX-License-Identifier: Apache-2.0
#include "aws/enrolment/order.hpp"

#include "common/files/input_error.hpp"
#include "common/try.hpp"

#include <algorithm>
#include <charconv>

namespace trustx::aws {
namespace {

struct MethodName {
    EnrolmentMethod method;
    std::string_view text;
};

constexpr std::array method_names{
    MethodName{EnrolmentMethod::csr, "csr"}, MethodName{EnrolmentMethod::register_thing, "register-thing"},
    MethodName{EnrolmentMethod::own_ca, "own-ca"}, MethodName{EnrolmentMethod::factory_cert, "factory-cert"},
    MethodName{EnrolmentMethod::jit, "jit"}};

bool consists_of(std::string_view text, std::string_view others, std::size_t limit) {
    const auto allowed = [others](char letter) {
        const bool alphanumeric =
            (letter >= '0' && letter <= '9') || (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z');
        return alphanumeric || others.find(letter) != std::string_view::npos;
    };
    return !text.empty() && text.size() <= limit && std::ranges::all_of(text, allowed);
}

constexpr std::size_t longest_name = 128;

// With JITP the thing gets its name from the certificate, whose common name has at most 64 characters (RFC 5280
// appendix A.1), and nobody is asked for the endpoint.
Result<void> check_jit(const Order& order) {
    constexpr std::size_t longest_common_name = 64;
    if (order.thing.size() > longest_common_name) {
        return fail(InputErrc::usage,
                    "the thing's name is the common name of its certificate here, which has at most " +
                        std::to_string(longest_common_name) + " characters");
    }
    if (order.endpoint.empty()) {
        return fail(InputErrc::usage,
                    "the method jit has no credentials to ask for the broker with: name the endpoint");
    }
    return {};
}

}  // namespace

std::string_view name_of(EnrolmentMethod method) {
    return std::ranges::find(method_names, method, &MethodName::method)->text;
}

Result<EnrolmentMethod> parse_method(std::string_view name) {
    const auto* const found = std::ranges::find(method_names, name, &MethodName::text);
    if (found == method_names.end()) {
        return fail(InputErrc::usage, "there is no method `" + std::string{name} + "`");
    }
    return found->method;
}

Result<Endpoint> Endpoint::parse(std::string_view text) {
    const auto malformed = [text] {
        return fail(InputErrc::usage, "the endpoint `" + std::string{text} + "` is not HOST or HOST:PORT");
    };
    const bool bracketed = text.starts_with('[');
    const auto end = bracketed ? text.find(']') : std::min(text.find(':'), text.size());
    if (end == std::string_view::npos) {
        return malformed();
    }
    Endpoint endpoint{.host = std::string{bracketed ? text.substr(1, end - 1) : text.substr(0, end)}};
    const auto rest = text.substr(bracketed ? end + 1 : end);
    if (endpoint.host.empty() || (!rest.empty() && rest.front() != ':')) {
        return malformed();
    }
    if (!rest.empty()) {
        const auto digits = rest.substr(1);
        const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), endpoint.port);
        if (read.ec != std::errc{} || read.ptr != digits.data() + digits.size() || endpoint.port == 0) {
            return malformed();
        }
    }
    return endpoint;
}

std::string Endpoint::text() const {
    const bool is_ipv6 = host.find(':') != std::string::npos;
    return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
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
    return method == EnrolmentMethod::jit ? check_jit(*this) : Result<void>{};
}

}  // namespace trustx::aws
