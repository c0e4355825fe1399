// SPDX-License-Identifier: Apache-2.0
// Writing keys. A chip key is written as its reference, whatever structure a program asks for, and as text for
// people; public halves and other keys are written by the private library context, so to the byte as the default
// provider writes them. Exporting a public key to the default provider's encoder would lose the form of its point,
// which `openssl ec -conv_form` sets and does not select.
#include "algorithms.hpp"
#include "c_boundary.hpp"
#include "common/openssl/pem.hpp"
#include "common/text/as_bytes.hpp"
#include "dispatch.hpp"
#include "key.hpp"
#include "param.hpp"

#include <openssl/core_names.h>
#include <openssl/encoder.h>

namespace trustx::provider {
namespace {

struct Format {
    const char* output;     // as OSSL_ENCODER_CTX_new_for_pkey calls it
    const char* structure;  // nullptr for text
};

constexpr Format private_key_pem{"PEM", "PrivateKeyInfo"};
constexpr Format private_key_der{"DER", "PrivateKeyInfo"};
constexpr Format encrypted_private_key_pem{"PEM", "EncryptedPrivateKeyInfo"};
constexpr Format encrypted_private_key_der{"DER", "EncryptedPrivateKeyInfo"};
constexpr Format type_specific_pem{"PEM", "type-specific"};
constexpr Format type_specific_der{"DER", "type-specific"};
constexpr Format public_key_pem{"PEM", "SubjectPublicKeyInfo"};
constexpr Format public_key_der{"DER", "SubjectPublicKeyInfo"};
constexpr Format text{"TEXT", nullptr};

constexpr bool encrypts(const Format& format) {
    return format.structure != nullptr && std::string_view{format.structure} == encrypted_private_key_pem.structure;
}

constexpr bool is_pkcs8(const Format& format) {
    return format.structure != nullptr && std::string_view{format.structure} == private_key_der.structure;
}

constexpr bool is_public(const Format& format) {
    return format.structure != nullptr && std::string_view{format.structure} == public_key_der.structure;
}

// Encoding is the state behind an encoder context: the cipher, when the key is to be encrypted. Used by one thread.
struct Encoding {
    explicit Encoding(ProviderContext& made_in) : context{made_in} {}

    ProviderContext& context;
    std::string cipher;
    std::string properties;

    static Encoding& of(void* ctx) noexcept { return *static_cast<Encoding*>(ctx); }
};

using EncoderContext = openssl::Handle<OSSL_ENCODER_CTX, OSSL_ENCODER_CTX_free>;

struct Passphrase {
    OSSL_PASSPHRASE_CALLBACK* callback;
    void* argument;
};

std::string describe(const KeyReference& reference) {
    const std::string bits = reference.public_key.curve == Curve::p256 ? "256" : "384";
    return "Private-Key: (" + bits + " bit, in OPTIGA Trust X)\n" + reference.description();
}

Outcome<Bytes> in_software(const Encoding& encoding, const Key& key, int selection, const Format& format,
                           Passphrase passphrase) {
    const EncoderContext ctx{OSSL_ENCODER_CTX_new_for_pkey(key.inner(), selection, format.output, format.structure,
                                                           encoding.context.properties())};
    if (ctx == nullptr || OSSL_ENCODER_CTX_get_num_encoders(ctx.get()) == 0) {
        return software_failed("find an encoder");
    }
    if (!encoding.cipher.empty() &&
        OSSL_ENCODER_CTX_set_cipher(ctx.get(), encoding.cipher.c_str(), encoding.context.properties()) != 1) {
        return software_failed("encrypt a key with " + encoding.cipher);
    }
    if (passphrase.callback != nullptr) {
        OSSL_ENCODER_CTX_set_passphrase_cb(ctx.get(), passphrase.callback, passphrase.argument);
    }
    unsigned char* data = nullptr;
    std::size_t size = 0;
    if (OSSL_ENCODER_to_data(ctx.get(), &data, &size) != 1) {
        return software_failed("encode an EC key");
    }
    const openssl::Memory owner{data};
    Bytes bytes(data, data + size);
    OPENSSL_cleanse(data, size);
    return bytes;
}

// Text of a chip key: our lines for the private part, the default provider's for the public one.
Outcome<Bytes> as_text(const Encoding& encoding, const Key& key, int selection) {
    auto bytes = in_software(encoding, key, selection & ~OSSL_KEYMGMT_SELECT_PRIVATE_KEY, text, {});
    if (!bytes || (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) == 0) {
        return bytes;
    }
    const auto public_text = text::as_text(*bytes);
    const std::string all = describe(key.reference()) + std::string{public_text.substr(public_text.find('\n') + 1)};
    return Bytes(all.begin(), all.end());
}

// Whoever asks for DER and PrivateKeyInfo (EVP_PKEY2PKCS8: openssl pkcs8 -topk8, pkcs12 -export; since 3.6 also pkey
// -outform DER) reads what it gets as PKCS#8, which a reference is not. Who wants a key file in DER asks for
// `type-specific` first (openssl ec, i2d_PrivateKey).
Outcome<Bytes> not_pkcs8(const KeyReference& reference) {
    return fail(Reason::key_not_exportable,
                "write key " + reference.key.hex() +
                    " as PKCS#8: the key is in a chip and has no such form; the key file "
                    "takes its place, beside the certificate (in DER: openssl ec -outform DER)");
}

Outcome<Bytes> as_reference(const Encoding& encoding, const Key& key, const Format& format) {
    const KeyReference& reference = key.reference();
    if (key.is_session_key()) {
        return fail(Reason::key_not_storable,
                    "write key " + reference.key.hex() +
                        ": a key in a session object is gone when the program that made it ends; for one that stays, "
                        "make it in a slot (-pkeyopt slot:E0F1)");
    }
    if (encrypts(format) || !encoding.cipher.empty()) {
        return fail(Reason::reference_not_encryptable,
                    "write the reference of key " + reference.key.hex() +
                        " encrypted: leave out the cipher (openssl req: -noenc, genpkey and pkey: no -aes256)");
    }
    auto der = reference.to_der();
    if (format.output == private_key_der.output) {
        return is_pkcs8(format) ? not_pkcs8(reference) : Outcome<Bytes>{std::move(der)};
    }
    const auto pem = reference.comment() + openssl::pem_text(KeyReference::pem_label, der);
    return Bytes(pem.begin(), pem.end());
}

Outcome<Bytes> encoded(const Encoding& encoding, const Key& key, int selection, const Format& format,
                       Passphrase passphrase) {
    if (key.inner() == nullptr) {
        return fail(Reason::key_incomplete, "write an empty key");
    }
    if (!key.is_chip_key() || is_public(format)) {
        return in_software(encoding, key, selection, format, passphrase);
    }
    return format.structure == nullptr ? as_text(encoding, key, selection) : as_reference(encoding, key, format);
}

const OSSL_PARAM encoder_params[] = {
    describe_text(OSSL_ENCODER_PARAM_CIPHER),
    describe_text(OSSL_ENCODER_PARAM_PROPERTIES),
    end_of_params,
};

int encoder_set_ctx_params(void* ctx, const OSSL_PARAM params[]) {
    auto& encoding = Encoding::of(ctx);
    return answer(encoding.context.core(), [&]() -> Outcome<void> {
        const OSSL_PARAM* const cipher = OSSL_PARAM_locate_const(params, OSSL_ENCODER_PARAM_CIPHER);
        if (cipher == nullptr || cipher->data == nullptr) {
            encoding.cipher.clear();
            return {};
        }
        return read(*cipher, encoding.cipher);
    });
}

template <const Format& format>
int encoder_does_selection(void*, int selection) {
    const bool with_private = (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0;
    if (is_public(format)) {
        return !with_private && (selection & OSSL_KEYMGMT_SELECT_PUBLIC_KEY) != 0;
    }
    // Private keys, and text of anything.
    return format.structure == nullptr || with_private;
}

template <const Format& format>
int encoder_encode(void* ctx, OSSL_CORE_BIO* output, const void* object, const OSSL_PARAM abstract[], int selection,
                   OSSL_PASSPHRASE_CALLBACK* callback, void* argument) {
    const auto& encoding = Encoding::of(ctx);
    const Core& core = encoding.context.core();
    return answer(core, [&]() -> Outcome<void> {
        if (object == nullptr || abstract != nullptr) {
            return fail(Reason::key_type_unsupported, "write a key of another provider");
        }
        TRY(auto bytes, encoded(encoding, Key::of(object), selection, format, {callback, argument}));
        const auto written = core.write(output, bytes);
        OPENSSL_cleanse(bytes.data(), bytes.size());
        return written;
    });
}

}  // namespace

#define TRUSTX_ENCODER(format)                                                                                      \
    {                                                                                                               \
        TRUSTX_ENTRY(OSSL_FUNC_ENCODER_NEWCTX, encoder_newctx, make_context<Encoding>),                             \
            TRUSTX_ENTRY(OSSL_FUNC_ENCODER_FREECTX, encoder_freectx, free_context<Encoding>),                       \
            TRUSTX_ENTRY(OSSL_FUNC_ENCODER_SETTABLE_CTX_PARAMS, encoder_settable_ctx_params, list<encoder_params>), \
            TRUSTX_ENTRY(OSSL_FUNC_ENCODER_SET_CTX_PARAMS, encoder_set_ctx_params, encoder_set_ctx_params),         \
            TRUSTX_ENTRY(OSSL_FUNC_ENCODER_DOES_SELECTION, encoder_does_selection, encoder_does_selection<format>), \
            TRUSTX_ENTRY(OSSL_FUNC_ENCODER_ENCODE, encoder_encode, encoder_encode<format>), end_of_dispatch,        \
    }

// The tables differ in nothing but the format; a macro, because an array cannot be returned by a function.
const OSSL_DISPATCH encoder_private_key_pem[] = TRUSTX_ENCODER(private_key_pem);
const OSSL_DISPATCH encoder_private_key_der[] = TRUSTX_ENCODER(private_key_der);
const OSSL_DISPATCH encoder_encrypted_private_key_pem[] = TRUSTX_ENCODER(encrypted_private_key_pem);
const OSSL_DISPATCH encoder_encrypted_private_key_der[] = TRUSTX_ENCODER(encrypted_private_key_der);
const OSSL_DISPATCH encoder_type_specific_pem[] = TRUSTX_ENCODER(type_specific_pem);
const OSSL_DISPATCH encoder_type_specific_der[] = TRUSTX_ENCODER(type_specific_der);
const OSSL_DISPATCH encoder_public_key_pem[] = TRUSTX_ENCODER(public_key_pem);
const OSSL_DISPATCH encoder_public_key_der[] = TRUSTX_ENCODER(public_key_der);
const OSSL_DISPATCH encoder_text[] = TRUSTX_ENCODER(text);

#undef TRUSTX_ENCODER

}  // namespace trustx::provider
