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

std::string name_of(const X509* certificate) {
    Bytes der(static_cast<std::size_t>(std::max(0, i2d_X509(certificate, nullptr))));
    auto* cursor = der.data();
    i2d_X509(certificate, &cursor);
    const auto parsed = Certificate::parse(der, "chain");
    return parsed ? parsed->subject() : std::string{};
}

}  // namespace

Result<std::vector<std::string>> verify_chain(const std::vector<Certificate>& certificates,
                                              const std::vector<Certificate>& trusted) {
    const auto store = store_of(trusted);
    const auto others = further(certificates);
    const auto context = openssl::must<StoreContext>(X509_STORE_CTX_new());
    if (X509_STORE_CTX_init(context.get(), store.get(), certificates.front().handle(), others.get()) != 1) {
        throw std::bad_alloc{};
    }
    const bool good = X509_verify_cert(context.get()) == 1;
    ERR_clear_error();
    if (!good) {
        return fail(InputErrc::check_failed,
                    "no chain from the certificate (" + summary(certificates.front()) + ") to a trusted one: " +
                        X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get())));
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
