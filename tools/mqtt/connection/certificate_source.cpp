// SPDX-License-Identifier: Apache-2.0
#include "connection/certificate_source.hpp"

#include "common/openssl/handles.hpp"
#include "common/openssl/pem.hpp"
#include "common/text/as_bytes.hpp"
#include "common/text/lower_case.hpp"
#include "common/try.hpp"
#include "connection/credentials.hpp"
#include "connection/tls_error.hpp"

#include <string_view>
#include <utility>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/store.h>
#include <openssl/ui.h>

namespace trustx::mqtt {
namespace {

using Store = openssl::Handle<OSSL_STORE_CTX, OSSL_STORE_close>;
using StoreInfo = openssl::Handle<OSSL_STORE_INFO, OSSL_STORE_INFO_free>;

constexpr std::string_view chip_scheme = "trustx:";

tl::unexpected<Error> fail_to_read(const std::string& uri, const std::vector<openssl::QueuedError>& errors) {
    const auto what = "the certificate " + uri + " could not be read";
    if (!provider_is_loaded()) {
        return fail(Cause::provider_not_loaded, what + ": the trustx provider is not loaded", provider_remedy());
    }
    if (const auto* error = find_provider_error(errors)) {
        return fail(Cause::certificate, what + ": " + to_string(*error));
    }
    return fail(Cause::certificate, what + (errors.empty() ? ": there is none" : ": " + to_string(errors.back())),
                "write one into the chip");
}

// certificates_as_pem reads every certificate behind a URI, in the order of the store: leaf first.
Result<std::string> certificates_as_pem(const std::string& uri) {
    ERR_clear_error();
    const Store store{OSSL_STORE_open(uri.c_str(), UI_null(), nullptr, nullptr, nullptr)};
    if (!store) {
        return fail_to_read(uri, openssl::take_errors());
    }
    OSSL_STORE_expect(store.get(), OSSL_STORE_INFO_CERT);
    const auto pem = openssl::writing();
    while (OSSL_STORE_eof(store.get()) == 0) {
        const StoreInfo info{OSSL_STORE_load(store.get())};
        if (!info) {
            break;  // the end, or an error that is in the queue
        }
        if (OSSL_STORE_INFO_get_type(info.get()) == OSSL_STORE_INFO_CERT) {
            PEM_write_bio_X509(pem.get(), OSSL_STORE_INFO_get0_CERT(info.get()));
        }
    }
    auto text = openssl::written(pem.get());
    if (text.empty()) {
        return fail_to_read(uri, openssl::take_errors());
    }
    ERR_clear_error();
    return text;
}

}  // namespace

Result<CertificateFile> CertificateFile::open(const std::string& source) {
    if (!text::starts_with(source, chip_scheme)) {
        return CertificateFile{source};
    }
    TRY(const auto pem, certificates_as_pem(source));
    auto memory = files::MemoryFile::create(text::as_bytes(pem));
    if (!memory) {
        return fail(Cause::certificate, "the certificate could not be kept in memory: " + memory.error().message());
    }
    return CertificateFile{*std::move(memory)};
}

}  // namespace trustx::mqtt
