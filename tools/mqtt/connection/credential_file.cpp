// SPDX-License-Identifier: Apache-2.0
#include "connection/credential_file.hpp"

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

// Kind is what is looked for in a store.
struct Kind {
    Cause cause;
    const char* name;
    const char* remedy;  // where there is none
    int type;            // OSSL_STORE_INFO_...
};
constexpr Kind certificate_kind{Cause::certificate, "the certificate ", "write one into the chip",
                                OSSL_STORE_INFO_CERT};
constexpr Kind anchor_kind{Cause::ca_file, "the trust anchor ", "write one into the chip: `trustx anchor write`",
                           OSSL_STORE_INFO_CERT};
constexpr Kind key_kind{Cause::key_file, "the key ", "make one in the chip: `trustx keygen`", OSSL_STORE_INFO_PKEY};

tl::unexpected<Error> fail_to_read(const Kind& kind, const std::string& uri,
                                   const std::vector<openssl::QueuedError>& errors) {
    const auto what = kind.name + uri + " could not be read";
    if (!provider_is_loaded()) {
        return fail(Cause::provider_not_loaded, what + ": the trustx provider is not loaded", provider_remedy());
    }
    if (const auto* error = find_provider_error(errors)) {
        return fail(kind.cause, what + ": " + to_string(*error));
    }
    return fail(kind.cause, what + (errors.empty() ? ": there is none" : ": " + to_string(errors.back())), kind.remedy);
}

// The provider writes a key of the chip as the reference to it.
void write_as_pem(BIO* pem, const OSSL_STORE_INFO* info) {
    if (OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_CERT) {
        PEM_write_bio_X509(pem, OSSL_STORE_INFO_get0_CERT(info));
    } else {
        PEM_write_bio_PrivateKey(pem, OSSL_STORE_INFO_get0_PKEY(info), nullptr, nullptr, 0, nullptr, nullptr);
    }
}

// as_pem reads everything of its kind behind a URI, in the order of the store: a leaf certificate first.
Result<std::string> as_pem(const Kind& kind, const std::string& uri) {
    ERR_clear_error();
    const Store store{OSSL_STORE_open(uri.c_str(), UI_null(), nullptr, nullptr, nullptr)};
    if (!store) {
        return fail_to_read(kind, uri, openssl::take_errors());
    }
    OSSL_STORE_expect(store.get(), kind.type);
    const auto pem = openssl::writing();
    while (OSSL_STORE_eof(store.get()) == 0) {
        const StoreInfo info{OSSL_STORE_load(store.get())};
        if (!info) {
            break;  // the end, or an error that is in the queue
        }
        if (OSSL_STORE_INFO_get_type(info.get()) == kind.type) {
            write_as_pem(pem.get(), info.get());
        }
    }
    auto text = openssl::written(pem.get());
    if (text.empty()) {
        return fail_to_read(kind, uri, openssl::take_errors());
    }
    ERR_clear_error();
    return text;
}

}  // namespace

struct CredentialReader {
    static Result<CredentialFile> open(const Kind& kind, const std::string& source) {
        if (text::starts_with(source, chip_scheme)) {
            TRY(const auto pem, as_pem(kind, source));
            return kept(kind, source, text::as_bytes(pem));
        }
        const auto content = read_credential(source);
        // What cannot be read is reported by check_credentials(), which knows what each file is for.
        return content ? kept(kind, source, {content->data(), content->size()}) : CredentialFile{source};
    }

 private:
    static Result<CredentialFile> kept(const Kind& kind, const std::string& source, ByteView content) {
        auto memory = files::MemoryFile::create(content);
        if (!memory) {
            return fail(kind.cause, kind.name + source + " could not be kept in memory: " + memory.error().message());
        }
        return CredentialFile{*std::move(memory)};
    }
};

Result<CredentialFile> CredentialFile::certificate(const std::string& source) {
    return CredentialReader::open(certificate_kind, source);
}

Result<CredentialFile> CredentialFile::anchor(const std::string& source) {
    return CredentialReader::open(anchor_kind, source);
}

Result<CredentialFile> CredentialFile::key(const std::string& source) {
    return CredentialReader::open(key_kind, source);
}

}  // namespace trustx::mqtt
