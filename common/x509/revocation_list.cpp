// SPDX-License-Identifier: Apache-2.0
#include "common/x509/revocation_list.hpp"

#include "common/files/input_error.hpp"
#include "common/openssl/pem.hpp"
#include "common/try.hpp"

#include <climits>

#include <openssl/err.h>
#include <openssl/pem.h>

namespace trustx::x509 {
namespace {

RevocationLists::List list_of_der(ByteView content) {
    if (content.size() > LONG_MAX) {
        return nullptr;
    }
    const auto* cursor = content.data();
    RevocationLists::List list{d2i_X509_CRL(nullptr, &cursor, static_cast<long>(content.size()))};
    ERR_clear_error();
    return cursor == content.data() + content.size() ? std::move(list) : nullptr;
}

// RFC 5280 section 5.1.2.5 demands the date of the next list: without it an old list would be good forever.
Result<void> check_dates(const std::vector<RevocationLists::List>& lists, const std::string& name) {
    for (const auto& list : lists) {
        if (X509_CRL_get0_nextUpdate(list.get()) == nullptr) {
            return fail(InputErrc::malformed, name + ": a revocation list that does not say until when it is valid");
        }
    }
    return {};
}

}  // namespace

Result<RevocationLists> RevocationLists::parse(ByteView content, std::string name) {
    content = openssl::without_byte_order_mark(content);
    std::vector<List> lists;
    if (!openssl::looks_like_pem(content)) {
        if (auto list = list_of_der(content)) {
            lists.push_back(std::move(list));
            TRYV(check_dates(lists, name));
            return RevocationLists{std::move(lists), std::move(name)};
        }
        return fail(InputErrc::malformed, name + ": not a certificate revocation list in PEM or DER");
    }
    const auto bio = openssl::reading(content);
    ERR_clear_error();
    while (auto* list = PEM_read_bio_X509_CRL(bio.get(), nullptr, nullptr, nullptr)) {
        lists.emplace_back(list);
    }
    // The reader stops at the end of the file and at damage alike; only its error tells them apart.
    const auto error = ERR_peek_last_error();
    ERR_clear_error();
    if (ERR_GET_LIB(error) != ERR_LIB_PEM || ERR_GET_REASON(error) != PEM_R_NO_START_LINE) {
        return fail(InputErrc::malformed,
                    name + ": damaged after " + std::to_string(lists.size()) + " complete revocation list(s)");
    }
    if (lists.empty()) {
        return fail(InputErrc::malformed, name + ": PEM, but no X509 CRL block in it");
    }
    TRYV(check_dates(lists, name));
    return RevocationLists{std::move(lists), std::move(name)};
}

}  // namespace trustx::x509
