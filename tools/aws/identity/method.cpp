// SPDX-License-Identifier: Apache-2.0
#include "aws/identity/method.hpp"

#include "common/files/input_error.hpp"

#include <algorithm>
#include <string>

namespace trustx::aws {
namespace {

struct MethodName {
    EnrolmentMethod method;
    std::string_view text;
};

constexpr std::array method_names{MethodName{EnrolmentMethod::csr, "csr"},
                                  MethodName{EnrolmentMethod::register_thing, "register-thing"},
                                  MethodName{EnrolmentMethod::own_ca, "own-ca"},
                                  MethodName{EnrolmentMethod::factory_cert, "factory-cert"},
                                  MethodName{EnrolmentMethod::jit, "jit"},
                                  MethodName{EnrolmentMethod::claim, "claim"},
                                  MethodName{EnrolmentMethod::by_operator, "operator"}};

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

}  // namespace trustx::aws
