// SPDX-License-Identifier: Apache-2.0
#include "tls_error.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <system_error>

#include <openssl/err.h>

namespace trustx::mqtt {
namespace {

// The name OpenSSL gives to errors of a provider is the one in its section of openssl.cnf: the file name at least.
constexpr std::string_view provider_name = "trustx";

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
        TlsError error{or_empty(ERR_lib_error_string(code)), reason_of(code), {}};
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
    return error.library == "system library";
}

const TlsError* find_provider_error(const std::vector<TlsError>& errors) {
    const auto found = std::ranges::find_if(
        errors, [](const TlsError& error) { return error.library.find(provider_name) != std::string::npos; });
    return found == errors.end() ? nullptr : &*found;
}

}  // namespace trustx::mqtt
