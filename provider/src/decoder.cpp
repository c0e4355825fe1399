// SPDX-License-Identifier: Apache-2.0
// From a key file to a key, in two steps because the file store follows only chains of these (openssl-provider.md
// section 1.9): PEM to DER by our label, and DER to a key. They look at everything that anybody decodes, so what is not
// ours is skipped without an error, and nothing here touches the chip.
//
// The file store makes the key in a second decoding whose errors it drops: all that a user would see is
// "unsupported". So what is wrong with a reference is found in the first one: while PEM is read, and for DER by a
// further decoder that decodes nothing.
//
// With the setting verify-anchors there is another one: it takes the public keys that the chip verifies with, so that
// libcrypto comes to us with them where the default provider is first (openssl-provider.md section 6.3).
#include "algorithms.hpp"
#include "anchor_key.hpp"
#include "c_boundary.hpp"
#include "dispatch.hpp"
#include "handover.hpp"
#include "pem.hpp"

#include <array>

#include <openssl/core_names.h>
#include <openssl/core_object.h>

namespace trustx::provider {
namespace {

// Not ours: "carry on", as provider-decoder(7) puts it.
constexpr int carry_on = 1;
constexpr int stop = 0;

// Decoders keep nothing between calls: their context is the provider's.
void* decoder_newctx(void* provctx) {
    return provctx;
}
void decoder_freectx(void*) {}
// A key file is no public key, no more than a PKCS#8 file is for the default provider. Saying so here keeps these
// decoders out of the chain that libcrypto 3.0 makes for each certificate it reads (docs/performance.md).
int decoder_does_selection(void*, int selection) {
    return selection == 0 || (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0;
}

int offer_der(Bytes& der, OSSL_CALLBACK* callback, void* argument) {
    int type = OSSL_OBJECT_PKEY;
    char data_type[] = "EC";
    char structure[] = "trustx";
    std::array<OSSL_PARAM, 5> object{
        OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &type),
        OSSL_PARAM_construct_utf8_string(OSSL_OBJECT_PARAM_DATA_TYPE, data_type, 0),
        OSSL_PARAM_construct_utf8_string(OSSL_OBJECT_PARAM_DATA_STRUCTURE, structure, 0),
        OSSL_PARAM_construct_octet_string(OSSL_OBJECT_PARAM_DATA, der.data(), der.size()),
        OSSL_PARAM_construct_end(),
    };
    return callback(object.data(), argument);
}

constexpr std::size_t longest_reference = 0xFFFF;

// one_der_sequence reads a SEQUENCE and nothing beyond it; empty when the input does not begin with one.
Bytes one_der_sequence(const Core& core, OSSL_CORE_BIO* bio) {
    Bytes der = core.read(bio, 2);
    if (der.size() != 2 || der[0] != 0x30) {
        return {};
    }
    std::size_t length = der[1];
    if (length > 0x7F) {
        const Bytes more = core.read(bio, length - 0x80);
        if (length > 0x82 || more.size() != length - 0x80) {
            return {};
        }
        length = 0;
        for (const auto byte : more) {
            length = length << 8 | byte;
        }
        der.insert(der.end(), more.begin(), more.end());
    }
    const Bytes content = core.read(bio, length);
    if (length > longest_reference || content.size() != length) {
        return {};
    }
    der.insert(der.end(), content.begin(), content.end());
    return der;
}

// looks_like_reference recognises { INTEGER of one byte, OCTET STRING of two bytes, SEQUENCE ... }, which no key of
// another kind begins with: a damaged or newer reference is then reported instead of skipped.
bool looks_like_reference(ByteView der) {
    const std::size_t at = der.size() > 2 && der[1] > 0x7F ? 2u + (der[1] & 0x7Fu) : 2u;
    constexpr std::size_t shape = 8;  // 02 01 vv 04 02 oo oo 30
    return der.size() >= at + shape && der[at] == 0x02 && der[at + 1] == 0x01 && der[at + 3] == 0x04 &&
           der[at + 4] == 0x02 && der[at + 7] == 0x30;
}

// key_from makes the key of a reference. Error: the reference is damaged, or the configuration is.
Outcome<KeyRef> key_from(ProviderContext& context, ByteView der) {
    auto reference = KeyReference::from_der(der);
    if (!reference) {
        return fail(Reason::key_file_malformed, reference.error().message());
    }
    TRYV(context.settings().check());
    return Key::from_reference(context, std::move(*reference));
}

int pem_to_der_decode(void* provctx, OSSL_CORE_BIO* bio, int, OSSL_CALLBACK* callback, void* argument,
                      OSSL_PASSPHRASE_CALLBACK*, void*) {
    auto& context = ProviderContext::of(provctx);
    return guard<int>(context.core(), stop, [&]() -> Outcome<int> {
        const auto block = next_pem_block(context.core(), bio);
        if (!block || block->label != KeyReference::pem_label) {
            return carry_on;
        }
        TRY(auto der, reference_der(*block));
        TRYV(key_from(context, der));
        return offer_der(der, callback, argument);
    });
}

int der_check_decode(void* provctx, OSSL_CORE_BIO* bio, int, OSSL_CALLBACK*, void*, OSSL_PASSPHRASE_CALLBACK*, void*) {
    auto& context = ProviderContext::of(provctx);
    return guard<int>(context.core(), stop, [&]() -> Outcome<int> {
        const Bytes der = one_der_sequence(context.core(), bio);
        if (looks_like_reference(der)) {
            TRYV(key_from(context, der));
        }
        return carry_on;
    });
}

int der_to_ec_decode(void* provctx, OSSL_CORE_BIO* bio, int, OSSL_CALLBACK* callback, void* argument,
                     OSSL_PASSPHRASE_CALLBACK*, void*) {
    auto& context = ProviderContext::of(provctx);
    return guard<int>(context.core(), stop, [&]() -> Outcome<int> {
        const Bytes der = one_der_sequence(context.core(), bio);
        if (!looks_like_reference(der)) {
            return carry_on;
        }
        TRY(auto key, key_from(context, der));
        return KeyHandover{std::move(key)}.offer(callback, argument);
    });
}

// A public key is one of many that a program reads, and only those of trust anchors are ours.
int decoder_does_public_selection(void*, int selection) {
    return (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) == 0;
}

int der_to_anchor_decode(void* provctx, OSSL_CORE_BIO* bio, int, OSSL_CALLBACK* callback, void* argument,
                         OSSL_PASSPHRASE_CALLBACK*, void*) {
    auto& context = ProviderContext::of(provctx);
    return guard<int>(context.core(), stop, [&]() -> Outcome<int> {
        TRY(auto key, anchor_key(context, one_der_sequence(context.core(), bio)));
        return key ? KeyHandover{std::move(key)}.offer(callback, argument) : carry_on;
    });
}

// Called when the decoded key is wanted in another provider: the public half can be exported.
int der_to_ec_export_object(void*, const void* reference, std::size_t size, OSSL_CALLBACK* callback, void* argument) {
    const KeyHandover* const handover = KeyHandover::at(reference, size);
    if (handover == nullptr || handover->peek() == nullptr) {
        return 0;
    }
    const Key& key = *handover->peek();
    return answer(key.context().core(), [&]() -> Outcome<void> {
        if (key.is_chip_key()) {
            return key.export_public(EVP_PKEY_PUBLIC_KEY, callback, argument);
        }
        if (EVP_PKEY_export(key.inner(), EVP_PKEY_PUBLIC_KEY, callback, argument) != 1) {
            return software_failed("export a public key");
        }
        return {};
    });
}

}  // namespace

const OSSL_DISPATCH decoder_pem_to_der[] = {
    TRUSTX_ENTRY(OSSL_FUNC_DECODER_NEWCTX, decoder_newctx, decoder_newctx),
    TRUSTX_ENTRY(OSSL_FUNC_DECODER_FREECTX, decoder_freectx, decoder_freectx),
    TRUSTX_ENTRY(OSSL_FUNC_DECODER_DECODE, decoder_decode, pem_to_der_decode),
    end_of_dispatch,
};

const OSSL_DISPATCH decoder_der_check[] = {
    TRUSTX_ENTRY(OSSL_FUNC_DECODER_NEWCTX, decoder_newctx, decoder_newctx),
    TRUSTX_ENTRY(OSSL_FUNC_DECODER_FREECTX, decoder_freectx, decoder_freectx),
    TRUSTX_ENTRY(OSSL_FUNC_DECODER_DECODE, decoder_decode, der_check_decode),
    end_of_dispatch,
};

const OSSL_DISPATCH decoder_der_to_anchor[] = {
    TRUSTX_ENTRY(OSSL_FUNC_DECODER_NEWCTX, decoder_newctx, decoder_newctx),
    TRUSTX_ENTRY(OSSL_FUNC_DECODER_FREECTX, decoder_freectx, decoder_freectx),
    TRUSTX_ENTRY(OSSL_FUNC_DECODER_DOES_SELECTION, decoder_does_selection, decoder_does_public_selection),
    TRUSTX_ENTRY(OSSL_FUNC_DECODER_DECODE, decoder_decode, der_to_anchor_decode),
    TRUSTX_ENTRY(OSSL_FUNC_DECODER_EXPORT_OBJECT, decoder_export_object, der_to_ec_export_object),
    end_of_dispatch,
};

const OSSL_DISPATCH decoder_der_to_ec[] = {
    TRUSTX_ENTRY(OSSL_FUNC_DECODER_NEWCTX, decoder_newctx, decoder_newctx),
    TRUSTX_ENTRY(OSSL_FUNC_DECODER_FREECTX, decoder_freectx, decoder_freectx),
    TRUSTX_ENTRY(OSSL_FUNC_DECODER_DOES_SELECTION, decoder_does_selection, decoder_does_selection),
    TRUSTX_ENTRY(OSSL_FUNC_DECODER_DECODE, decoder_decode, der_to_ec_decode),
    TRUSTX_ENTRY(OSSL_FUNC_DECODER_EXPORT_OBJECT, decoder_export_object, der_to_ec_export_object),
    end_of_dispatch,
};

}  // namespace trustx::provider
