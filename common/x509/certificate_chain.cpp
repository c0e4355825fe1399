// SPDX-License-Identifier: Apache-2.0
#include "common/x509/certificate_chain.hpp"

#include "common/files/input_error.hpp"

#include <algorithm>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

namespace trustx::x509 {
namespace {

using Store = openssl::Handle<X509_STORE, X509_STORE_free>;
using StoreContext = openssl::Handle<X509_STORE_CTX, X509_STORE_CTX_free>;
using X509Stack = std::unique_ptr<STACK_OF(X509), decltype([](STACK_OF(X509) * stack) { sk_X509_free(stack); })>;

// As `trustx firmware` demands it, and TLS on Debian: 112 bits, so no SHA-1, and RSA from 2048 bits. What a trusted
// certificate says of itself is not verified, and may have any digest; its key counts.
constexpr int security_level = 2;

Store store_of(const std::vector<Certificate>& trusted) {
    auto store = openssl::must<Store>(X509_STORE_new());
    X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);
    for (const auto& certificate : trusted) {
        X509_STORE_add_cert(store.get(), certificate.handle());
    }
    return store;
}

// The stack does not own its certificates.
X509Stack further(const std::vector<Certificate>& certificates) {
    auto stack = openssl::must<X509Stack>(sk_X509_new_null());
    for (std::size_t i = 1; i < certificates.size(); ++i) {
        sk_X509_push(stack.get(), certificates[i].handle());
    }
    return stack;
}

Result<Certificate> parsed(const X509* certificate) {
    Bytes der(static_cast<std::size_t>(std::max(0, i2d_X509(certificate, nullptr))));
    auto* cursor = der.data();
    i2d_X509(certificate, &cursor);
    return Certificate::parse(der, "chain");
}

std::string name_of(const X509* certificate) {
    const auto known = parsed(certificate);
    return known ? known->subject() : std::string{};
}

// Refusal is what OpenSSL was looking at when it refused; afterwards the context does not know the list any more. The
// store and the chain own what it points to.
struct Refusal {
    X509* certificate = nullptr;
    X509_CRL* list = nullptr;
};

bool about_lists(int error) {
    switch (error) {
        case X509_V_ERR_UNABLE_TO_GET_CRL:
        case X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE:
        case X509_V_ERR_CRL_SIGNATURE_FAILURE:
        case X509_V_ERR_CRL_NOT_YET_VALID:
        case X509_V_ERR_CRL_HAS_EXPIRED:
        case X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD:
        case X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD:
        case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER:
        case X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
        case X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION:
        case X509_V_ERR_DIFFERENT_CRL_SCOPE:
        case X509_V_ERR_CRL_PATH_VALIDATION_ERROR:
            return true;
        default:
            return false;
    }
}

// Nobody but the trusted certificate's own issuer could give a list about it, which need not be known: there is none
// then, or OpenSSL cannot verify it.
bool list_about_the_trusted(X509_STORE_CTX* context) {
    return about_lists(X509_STORE_CTX_get_error(context)) &&
           X509_STORE_CTX_get_error_depth(context) + 1 == sk_X509_num(X509_STORE_CTX_get0_chain(context));
}

int on_verified(int good, X509_STORE_CTX* context) {
    if (good == 1) {
        return 1;
    }
    if (list_about_the_trusted(context)) {
        X509_STORE_CTX_set_error(context, X509_V_OK);
        return 1;
    }
    auto& refusal = *static_cast<Refusal*>(X509_STORE_CTX_get_app_data(context));
    refusal = {.certificate = X509_STORE_CTX_get_current_cert(context),
               .list = X509_STORE_CTX_get0_current_crl(context)};
    return 0;
}

std::string since(X509_CRL* list, X509* certificate) {
    X509_REVOKED* entry = nullptr;
    return list != nullptr && X509_CRL_get0_by_cert(list, &entry, certificate) == 1
               ? " at " + asn1_time_text(X509_REVOKED_get0_revocationDate(entry))
               : "";
}

std::string about_list(int error, const X509_CRL* list, const std::string& file) {
    if (list == nullptr) {
        return "no list in " + file + ": " + X509_verify_cert_error_string(error);
    }
    const auto name = "the list of " + name_text(X509_CRL_get_issuer(list)) + " in " + file;
    switch (error) {
        case X509_V_ERR_CRL_HAS_EXPIRED:
            return name + " was valid until " + asn1_time_text(X509_CRL_get0_nextUpdate(list)) +
                   "; get the present one";
        case X509_V_ERR_CRL_NOT_YET_VALID:
            return name + " is not valid before " + asn1_time_text(X509_CRL_get0_lastUpdate(list)) +
                   "; is this computer's clock right?";
        default:
            return name + " cannot be relied on: " + X509_verify_cert_error_string(error);
    }
}

// What a failure is about; OpenSSL has one number for it.
tl::unexpected<Error> explain(int error, const Refusal& refusal, const Certificate& leaf,
                              const RevocationLists* revoked) {
    auto* const judged = refusal.certificate;
    auto* const list = refusal.list;
    if (judged != nullptr && error == X509_V_ERR_CERT_REVOKED) {
        const auto known = parsed(judged);
        return fail(InputErrc::revoked, "the certificate " + name_of(judged) + ", serial number " +
                                            (known ? known->serial() : std::string{}) + ", was revoked" +
                                            since(list, judged) + " by " + name_text(X509_get_issuer_name(judged)));
    }
    if (judged != nullptr && revoked != nullptr && error == X509_V_ERR_UNABLE_TO_GET_CRL) {
        return fail(InputErrc::not_listed, revoked->name() + " has no list of " +
                                               name_text(X509_get_issuer_name(judged)) + ", who issued " +
                                               name_of(judged));
    }
    if (revoked != nullptr && about_lists(error)) {
        return fail(InputErrc::not_listed, about_list(error, list, revoked->name()));
    }
    return fail(InputErrc::check_failed, "no chain from the certificate (" + summary(leaf) +
                                             ") to a trusted one: " + X509_verify_cert_error_string(error));
}

}  // namespace

Result<std::vector<std::string>> verify_chain(const std::vector<Certificate>& certificates,
                                              const std::vector<Certificate>& trusted, const RevocationLists* revoked) {
    const auto store = store_of(trusted);
    const auto others = further(certificates);
    if (revoked != nullptr) {
        X509_STORE_set_flags(store.get(), X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
        for (const auto& list : revoked->lists()) {
            X509_STORE_add_crl(store.get(), list.get());
        }
    }
    const auto context = openssl::must<StoreContext>(X509_STORE_CTX_new());
    if (X509_STORE_CTX_init(context.get(), store.get(), certificates.front().handle(), others.get()) != 1) {
        throw std::bad_alloc{};
    }
    X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(context.get()), security_level);
    Refusal refusal;
    X509_STORE_CTX_set_app_data(context.get(), &refusal);
    X509_STORE_CTX_set_verify_cb(context.get(), on_verified);
    const bool good = X509_verify_cert(context.get()) == 1;
    ERR_clear_error();
    if (!good) {
        return explain(X509_STORE_CTX_get_error(context.get()), refusal, certificates.front(), revoked);
    }
    std::vector<std::string> names;
    const auto* chain = X509_STORE_CTX_get0_chain(context.get());
    names.reserve(static_cast<std::size_t>(sk_X509_num(chain)));
    for (int i = 0; i < sk_X509_num(chain); ++i) {
        names.push_back(name_of(sk_X509_value(chain, i)));
    }
    return names;
}

}  // namespace trustx::x509
