// SPDX-License-Identifier: Apache-2.0
// Certificate revocation lists (RFC 5280 section 5) as files: which certificates an authority has taken back.
#pragma once

#include "common/openssl/handles.hpp"

#include <trustx/bytes.hpp>
#include <trustx/result.hpp>

#include <string>
#include <vector>

namespace trustx::x509 {

// RevocationLists are the lists of one file. Nothing about them is verified before verify_chain does.
class RevocationLists {
 public:
    // parse reads PEM with one or more lists, beside which certificates may stand, or DER with one. name is the file's
    // in messages. InputErrc::malformed when there is no list, or one that is a delta or without a date of the next.
    static Result<RevocationLists> parse(ByteView content, std::string name);

    using List = openssl::Handle<X509_CRL, X509_CRL_free>;
    [[nodiscard]] const std::vector<List>& lists() const { return lists_; }
    [[nodiscard]] const std::string& name() const { return name_; }

 private:
    RevocationLists(std::vector<List> lists, std::string name) : lists_{std::move(lists)}, name_{std::move(name)} {}

    std::vector<List> lists_;
    std::string name_;
};

}  // namespace trustx::x509
