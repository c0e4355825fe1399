// SPDX-License-Identifier: Apache-2.0
#include "pki/subject.hpp"

#include "common/files/input_error.hpp"
#include "common/text/as_bytes.hpp"
#include "common/try.hpp"

#include <openssl/err.h>

namespace trustx::pki {
namespace {

tl::unexpected<Error> no_name(std::string_view text, const std::string& why) {
    return fail(InputErrc::usage, "`" + std::string{text} + "` is no name of a certificate: " + why +
                                      "; write it as CN=gateway-1,O=Example");
}

// parts_of splits at commas that have no backslash in front of them, and takes the backslashes away.
std::vector<std::string> parts_of(std::string_view text) {
    std::vector<std::string> parts(1);
    bool escaped = false;
    for (const char letter : text) {
        if (!escaped && letter == '\\') {
            escaped = true;
        } else if (!escaped && letter == ',') {
            parts.emplace_back();
        } else {
            parts.back().push_back(letter);
            escaped = false;
        }
    }
    return parts;
}

// add puts an attribute in front of the others.
bool add(X509_NAME* name, const std::string& type, const std::string& value) {
    const auto bytes = text::as_bytes(value);
    const bool added = X509_NAME_add_entry_by_txt(name, type.c_str(), MBSTRING_UTF8, bytes.data(),
                                                  static_cast<int>(bytes.size()), 0, 0) == 1;
    ERR_clear_error();
    return added;
}

}  // namespace

Result<Subject> Subject::parse(std::string_view text) {
    Attributes attributes;
    const auto trial = openssl::must<openssl::X509Name>(X509_NAME_new());
    for (const auto& part : parts_of(text)) {
        const auto equals = part.find('=');
        if (equals == std::string::npos || equals == 0 || equals + 1 == part.size()) {
            return no_name(text, "`" + part + "` is not TYPE=VALUE");
        }
        auto type = part.substr(part.find_first_not_of(' '), equals - part.find_first_not_of(' '));
        auto value = part.substr(equals + 1);
        if (!add(trial.get(), type, value)) {
            return no_name(text,
                           "X.509 has no " + type + " with this value (64 characters are the most for most types)");
        }
        attributes.emplace_back(std::move(type), std::move(value));
    }
    return Subject{std::move(attributes)};
}

openssl::X509Name Subject::name() const {
    auto name = openssl::must<openssl::X509Name>(X509_NAME_new());
    for (const auto& [type, value] : attributes_) {
        if (!add(name.get(), type, value)) {
            throw std::bad_alloc{};
        }
    }
    return name;
}

bool Subject::is_that_of(const x509::Certificate& certificate) const {
    return X509_NAME_cmp(name().get(), X509_get_subject_name(certificate.handle())) == 0;
}

}  // namespace trustx::pki
