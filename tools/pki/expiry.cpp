// SPDX-License-Identifier: Apache-2.0
#include "pki/expiry.hpp"

#include <openssl/err.h>
#include <openssl/x509.h>

namespace trustx::pki {
namespace {

using Time = openssl::Handle<ASN1_TIME, ASN1_TIME_free>;

}  // namespace

// The later time is made by libcrypto, which counts days: a time_t of 32 bits ends in 2038.
bool outlives(const x509::Certificate& certificate, std::time_t now, std::chrono::days time) {
    const Time later{ASN1_TIME_adj(nullptr, now, static_cast<int>(time.count()), 0)};
    const bool longer = later && ASN1_TIME_compare(X509_get0_notAfter(certificate.handle()), later.get()) > 0;
    ERR_clear_error();
    return longer;
}

std::string expiry_warning(const std::string& role, const x509::Certificate& certificate, std::time_t now,
                           std::chrono::days time) {
    const auto what = role + " (" + certificate.subject() + ")";
    if (certificate.validity(now) == x509::Validity::expired) {
        return what + " has expired at " + certificate.not_after();
    }
    if (outlives(certificate, now, time)) {
        return {};
    }
    return what + " expires at " + certificate.not_after() + ", within " + std::to_string(time.count()) +
           " days: plan now how devices get the next one";
}

}  // namespace trustx::pki
