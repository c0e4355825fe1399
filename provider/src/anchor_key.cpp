// SPDX-License-Identifier: Apache-2.0
#include "anchor_key.hpp"

#include "trust_anchors.hpp"

#include <algorithm>
#include <optional>

#include <openssl/core_names.h>
#include <openssl/err.h>

namespace trustx::provider {
namespace {

// read_key_info reads a key on one of the chip's curves, in any form of its point (SEC 1 section 2.3.3), which stays as
// it is; nothing for what is another key or none.
std::optional<PublicKey> read_key_info(ByteView der) {
    for (const auto curve : {Curve::p256, Curve::p384}) {
        for (const auto size : {1 + field_size(curve), 1 + 2 * field_size(curve)}) {
            const auto last = der.last(std::min(der.size(), size));
            PublicKey key{.curve = curve, .point = Bytes(last.begin(), last.end())};
            if (std::ranges::equal(key.subject_public_key_info(), der)) {
                return key;
            }
        }
    }
    return std::nullopt;
}

const char* form_of(const PublicKey& key) {
    switch (key.point.front()) {
        case 2:
        case 3:
            return "compressed";
        case 4:
            return "uncompressed";
        default:
            return "hybrid";
    }
}

// imported makes a key of a point in any form, and of none that is not on its curve. It is then written in that form,
// as every key that was read.
KeyRef imported(ProviderContext& context, const PublicKey& key) {
    ERR_set_mark();
    auto made = Key::from_public_key(context, key);
    const bool good = made && EVP_PKEY_set_utf8_string_param(
                                  (*made)->inner(), OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, form_of(key)) == 1;
    ERR_pop_to_mark();
    return good ? *std::move(made) : KeyRef{};
}

}  // namespace

Outcome<KeyRef> anchor_key(ProviderContext& context, ByteView key_info) {
    TRY(const auto* const named, anchor_named(context, key_info));
    const auto read = read_key_info(key_info);
    if (named != nullptr && !read) {
        return fail(Reason::anchor_unusable, "verify with trust anchor " + named->object.hex() +
                                                 ": the chip verifies with ECDSA on P-256 and P-384 only");
    }
    // What is no entry as it is written is one only where the point has another form.
    const bool other_form = read && read->point.front() != 4;
    if (!read || (named == nullptr && !other_form && !context.settings().anchors_fault)) {
        return KeyRef{};
    }
    auto key = imported(context, *read);
    if (!key || !is_for_chip(context, *key->inner())) {
        return KeyRef{};
    }
    context.chips().expect_use("");
    return key;
}

}  // namespace trustx::provider
