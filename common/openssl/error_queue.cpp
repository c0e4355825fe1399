// SPDX-License-Identifier: Apache-2.0
#include "common/openssl/error_queue.hpp"

#include <array>
#include <system_error>

#include <openssl/err.h>

namespace trustx::openssl {
namespace {

std::string or_empty(const char* text) {
    return text == nullptr ? std::string{} : std::string{text};
}

std::string reason_of(unsigned long code) {
    auto reason = ERR_SYSTEM_ERROR(code) ? std::system_category().message(ERR_GET_REASON(code))
                                         : or_empty(ERR_reason_error_string(code));
    if (reason.empty()) {
        std::array<char, 128> text{};
        ERR_error_string_n(code, text.data(), text.size());
        reason = text.data();
    }
    return reason;
}

}  // namespace

int QueuedError::library_number() const {
    return ERR_GET_LIB(code);
}

int QueuedError::reason_number() const {
    return ERR_GET_REASON(code);
}

bool QueuedError::is_system_error() const {
    return ERR_SYSTEM_ERROR(code);
}

std::vector<QueuedError> take_errors() {
    std::vector<QueuedError> errors;
    const char* data = nullptr;
    int flags = 0;
    while (const auto code = ERR_get_error_all(nullptr, nullptr, nullptr, &data, &flags)) {
        errors.push_back({.code = code,
                          .library = or_empty(ERR_lib_error_string(code)),
                          .reason = reason_of(code),
                          .data = (flags & ERR_TXT_STRING) != 0 ? or_empty(data) : std::string{}});
    }
    return errors;
}

std::string last_reason() {
    const auto code = ERR_peek_last_error();
    return code == 0 ? std::string{} : reason_of(code);
}

std::string to_string(const QueuedError& error) {
    return error.data.empty() ? error.reason : error.reason + ": " + error.data;
}

std::string to_string(const std::vector<QueuedError>& errors) {
    std::string text;
    for (const auto& error : errors) {
        text += (text.empty() ? "" : "; ") + to_string(error);
    }
    return text;
}

}  // namespace trustx::openssl
