// SPDX-License-Identifier: Apache-2.0
// The name of whom a certificate is for.
#pragma once

#include "common/openssl/handles.hpp"
#include "common/x509/certificate.hpp"

#include <trustx/result.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trustx::pki {

class Subject {
 public:
    static Subject common_name(std::string name) { return Subject{{{"CN", std::move(name)}}}; }

    // parse reads the form of RFC 4514 in UTF-8, with one attribute in each part: "CN=gateway-1,O=Example". A backslash
    // takes the character after it as it is. InputErrc::usage, also for what X.509 has no room for.
    static Result<Subject> parse(std::string_view text);

    [[nodiscard]] openssl::X509Name name() const;
    // is_that_of says whether a certificate is for this name.
    [[nodiscard]] bool is_that_of(const x509::Certificate& certificate) const;

 private:
    using Attributes = std::vector<std::pair<std::string, std::string>>;
    explicit Subject(Attributes attributes) : attributes_{std::move(attributes)} {}

    Attributes attributes_;  // as the text has them: the last one first in DER
};

}  // namespace trustx::pki
