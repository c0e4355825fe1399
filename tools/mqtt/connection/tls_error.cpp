// SPDX-License-Identifier: Apache-2.0
#include "connection/tls_error.hpp"

#include "common/openssl/provider_reason.hpp"

#include <algorithm>
#include <array>
#include <system_error>

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace trustx::mqtt {
namespace {

std::string or_empty(const char* text) {
    return text == nullptr ? std::string{} : std::string{text};
}

std::string reason_of(unsigned long code) {
    return ERR_SYSTEM_ERROR(code) ? std::system_category().message(ERR_GET_REASON(code))
                                  : or_empty(ERR_reason_error_string(code));
}

}  // namespace

std::string to_string(const TlsError& error) {
    return error.data.empty() ? error.reason : error.reason + ": " + error.data;
}

std::vector<TlsError> take_tls_errors() {
    std::vector<TlsError> errors;
    const char* data = nullptr;
    int flags = 0;
    while (const auto code = ERR_get_error_all(nullptr, nullptr, nullptr, &data, &flags)) {
        TlsError error{code, or_empty(ERR_lib_error_string(code)), reason_of(code), {}};
        if ((static_cast<unsigned>(flags) & ERR_TXT_STRING) != 0) {
            error.data = or_empty(data);
        }
        if (error.reason.empty()) {
            std::array<char, 128> text{};
            ERR_error_string_n(code, text.data(), text.size());
            error.reason = text.data();
        }
        errors.push_back(std::move(error));
    }
    return errors;
}

bool is_system_error(const TlsError& error) {
    return ERR_SYSTEM_ERROR(error.code);
}

std::optional<int> alert_of(const TlsError& error) {
    // libssl raises these reasons for alerts that it reads, never for those that it sends.
    const int number = ERR_GET_REASON(error.code) - SSL_AD_REASON_OFFSET;
    const bool is_alert = ERR_GET_LIB(error.code) == ERR_LIB_SSL && number >= 0 && number <= 255;
    return is_alert ? std::optional{number} : std::nullopt;
}

const TlsError* find_provider_error(const std::vector<TlsError>& errors) {
    const auto found =
        std::ranges::find_if(errors, [](const TlsError& error) { return openssl::is_provider_error(error.code); });
    return found == errors.end() ? nullptr : &*found;
}

}  // namespace trustx::mqtt
