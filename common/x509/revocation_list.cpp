// SPDX-License-Identifier: Apache-2.0
#include "common/x509/revocation_list.hpp"

#include "common/files/input_error.hpp"
#include "common/openssl/pem.hpp"
#include "common/text/as_bytes.hpp"
#include "common/try.hpp"

#include <algorithm>
#include <climits>
#include <string_view>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

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

// RFC 5280 section 5.1.2.5 demands the date of the next list: without it an old list would be good forever. A delta
// (RFC 5280 section 5.2.4) names only what has changed, and OpenSSL would take it for the whole.
Result<void> check_form(const std::vector<RevocationLists::List>& lists, const std::string& name) {
    for (const auto& list : lists) {
        if (X509_CRL_get0_nextUpdate(list.get()) == nullptr) {
            return fail(InputErrc::malformed, name + ": a revocation list that does not say until when it is valid");
        }
        if (X509_CRL_get_ext_by_NID(list.get(), NID_delta_crl, -1) >= 0) {
            return fail(InputErrc::malformed,
                        name + ": a delta, which names only what has changed; give the complete revocation list");
        }
    }
    return {};
}

// number is the CRL's (RFC 5280 section 5.2.3); null: it has none.
openssl::Handle<ASN1_INTEGER, ASN1_INTEGER_free> number(const X509_CRL* list) {
    return openssl::Handle<ASN1_INTEGER, ASN1_INTEGER_free>{
        static_cast<ASN1_INTEGER*>(X509_CRL_get_ext_d2i(list, NID_crl_number, nullptr, nullptr))};
}

// Of two lists that were issued in the same second OpenSSL takes the first: that is to be the later one.
void sort_by_number(std::vector<RevocationLists::List>& lists) {
    std::stable_sort(lists.begin(), lists.end(), [](const auto& one, const auto& other) {
        const auto first = number(one.get());
        const auto second = number(other.get());
        return first != nullptr && (second == nullptr || ASN1_INTEGER_cmp(first.get(), second.get()) > 0);
    });
}

// Certificates may stand beside lists in a file. A block of another name may be a list that was damaged.
bool has_other_blocks(ByteView content) {
    constexpr std::string_view begin = "-----BEGIN ";
    const auto text = text::as_text(content);
    for (auto at = text.find(begin); at != std::string_view::npos; at = text.find(begin, at + 1)) {
        const auto name = text.substr(at + begin.size());
        if (!name.starts_with("X509 CRL-----") && !name.starts_with("CERTIFICATE-----")) {
            return true;
        }
    }
    return false;
}

}  // namespace

Result<RevocationLists> RevocationLists::parse(ByteView content, std::string name) {
    content = openssl::without_byte_order_mark(content);
    std::vector<List> lists;
    if (!openssl::looks_like_pem(content)) {
        if (auto list = list_of_der(content)) {
            lists.push_back(std::move(list));
            TRYV(check_form(lists, name));
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
    if (has_other_blocks(content)) {
        return fail(InputErrc::malformed, name + ": a PEM block that is neither a revocation list nor a certificate");
    }
    TRYV(check_form(lists, name));
    sort_by_number(lists);
    return RevocationLists{std::move(lists), std::move(name)};
}

}  // namespace trustx::x509
