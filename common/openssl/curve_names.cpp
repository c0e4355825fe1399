// SPDX-License-Identifier: Apache-2.0
#include "common/openssl/curve_names.hpp"

#include "common/text/lower_case.hpp"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>

namespace trustx::openssl {

std::string group_name(const std::string& name) {
    const auto lower = text::lower_case(name);
    // libcrypto knows neither the name of SEC 2 nor short ones for P-256, and distinguishes capital letters.
    if (lower == "p-256" || lower == "p256" || lower == "secp256r1" || lower == "prime256v1") {
        return SN_X9_62_prime256v1;
    }
    if (lower == "p-384" || lower == "p384" || lower == "secp384r1") {
        return SN_secp384r1;
    }
    ERR_set_mark();
    const int by_nist_name = EC_curve_nist2nid(name.c_str());
    const int nid = by_nist_name != NID_undef ? by_nist_name : OBJ_txt2nid(name.c_str());
    ERR_pop_to_mark();
    const char* const short_name = nid == NID_undef ? nullptr : OBJ_nid2sn(nid);
    return short_name == nullptr ? "" : short_name;
}

}  // namespace trustx::openssl
