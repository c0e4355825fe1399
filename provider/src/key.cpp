// SPDX-License-Identifier: Apache-2.0
#include "key.hpp"

#include "common/openssl/curve_names.hpp"
#include "param.hpp"
#include "trust_anchors.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/core_names.h>

namespace trustx::provider {
namespace {

constexpr int curve_selected = OSSL_KEYMGMT_SELECT_DOMAIN_PARAMETERS;
constexpr int public_selected = OSSL_KEYMGMT_SELECT_PUBLIC_KEY;
constexpr int private_selected = OSSL_KEYMGMT_SELECT_PRIVATE_KEY;

Outcome<openssl::Pkey> from_parameters(ProviderContext& context, int selection, const OSSL_PARAM* params) {
    if (openssl::Pkey made = context.import_public(selection, params)) {
        return made;
    }
    const openssl::PkeyContext ctx{EVP_PKEY_CTX_new_from_name(context.libctx(), "EC", context.properties())};
    if (ctx == nullptr) {
        return fail(Reason::software_missing,
                    "import an EC key: with library-context = child, activate the default provider in openssl.cnf "
                    "beside trustx");
    }
    EVP_PKEY* made = nullptr;
    if (EVP_PKEY_fromdata_init(ctx.get()) != 1 ||
        EVP_PKEY_fromdata(ctx.get(), &made, selection, only_read(params)) != 1) {
        EVP_PKEY_free(made);
        return software_failed("import an EC key");
    }
    return openssl::Pkey{made};
}

Outcome<openssl::Pkey> from_point(ProviderContext& context, const PublicKey& key) {
    const PublicKeyParams params{key};
    return from_parameters(context, EVP_PKEY_PUBLIC_KEY, params.get());
}

// is_form: parameters that change how a key is written or checked, not the key. A key reference always holds the public
// key, so `include-public` changes nothing there.
bool is_form(std::string_view name) {
    return name == OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT || name == OSSL_PKEY_PARAM_EC_INCLUDE_PUBLIC ||
           name == OSSL_PKEY_PARAM_EC_GROUP_CHECK_TYPE;
}

bool names(const OSSL_PARAM& param, Curve curve) {
    std::string name;
    return read(param, name) && curve_named(openssl::group_name(name)) == curve;
}

std::string text_of(EVP_PKEY& key, const char* name) {
    std::array<char, 80> text{};
    return EVP_PKEY_get_utf8_string_param(&key, name, text.data(), text.size(), nullptr) == 1 ? text.data() : "";
}

// tells says whether a key answers just this when it is asked for the parameter.
bool tells(EVP_PKEY& key, const OSSL_PARAM& param) {
    std::vector<unsigned char> told(param.data_size + 1);
    std::array<OSSL_PARAM, 2> asked{param, OSSL_PARAM_construct_end()};
    asked[0].data = told.data();
    asked[0].data_size = param.data_size;
    asked[0].return_size = OSSL_PARAM_UNMODIFIED;
    if (param.data_type == OSSL_PARAM_UTF8_STRING) {
        std::string wanted;
        return read(param, wanted) && text_of(key, param.key) == wanted;
    }
    return EVP_PKEY_get_params(&key, asked.data()) == 1 && OSSL_PARAM_modified(asked.data()) == 1 &&
           asked[0].return_size == param.data_size &&
           std::equal(told.begin(), told.end() - 1, static_cast<const unsigned char*>(param.data));
}

}  // namespace

KeyRef KeyRef::share(Key* key) noexcept {
    if (key != nullptr) {
        key->count_up();
    }
    return KeyRef{key};
}

KeyRef::~KeyRef() {
    if (key_ != nullptr) {
        key_->count_down();
    }
}

Key::Key(ProviderContext& context, Kind kind, openssl::Pkey inner, std::optional<KeyReference> reference)
    : context_{context}, kind_{kind}, inner_{std::move(inner)}, reference_{std::move(reference)} {}

Key::~Key() {
    if (const auto secret = secret_of_handshake_.load(); secret != 0) {
        sessions_of_handshake_->end_handshake(secret);
    }
}

void Key::ends_handshake(HeldSessions& sessions, std::uint64_t secret) noexcept {
    if (is_peer_of_client_) {
        sessions_of_handshake_ = &sessions;
        secret_of_handshake_.store(secret);
    }
}

void Key::count_down() noexcept {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
        delete this;
    }
}

KeyRef Key::empty(ProviderContext& context) {
    return KeyRef::adopt(new Key(context, Kind::empty, nullptr));
}

Outcome<KeyRef> Key::from_reference(ProviderContext& context, KeyReference reference) {
    auto inner = from_point(context, reference.public_key);
    if (!inner && inner.error().reason != Reason::software_missing) {
        return fail(Reason::key_file_malformed, "key reference of " + reference.key.hex() +
                                                    ": its public key is not a point of " +
                                                    std::string{curve_name(reference.public_key.curve)});
    }
    TRY(auto made, std::move(inner));
    context.chips().expect_use(reference.device);
    return KeyRef::adopt(new Key(context, Kind::chip, std::move(made), std::move(reference)));
}

Outcome<KeyRef> Key::from_session(ProviderContext& context, SessionKey key) {
    auto made = from_reference(context, std::move(key.reference));
    if (made) {
        (*made)->session_ = std::move(key.session);
    }
    return made;
}

Outcome<void> Key::check_process() const {
    return is_session_key() ? session_->check_process() : Outcome<void>{};
}

Outcome<KeyRef> Key::from_public_key(ProviderContext& context, const PublicKey& key) {
    TRY(auto inner, from_point(context, key));
    return from_software(context, std::move(inner), false);
}

KeyRef Key::from_software(ProviderContext& context, openssl::Pkey key, bool with_private) {
    return KeyRef::adopt(new Key(context, with_private ? Kind::software : Kind::public_only, std::move(key)));
}

bool Key::has_public() const {
    std::size_t size = 0;
    return is_chip_key() ||
           (inner_ != nullptr &&
            EVP_PKEY_get_octet_string_param(inner_.get(), OSSL_PKEY_PARAM_PUB_KEY, nullptr, 0, &size) == 1 && size > 0);
}

std::size_t Key::max_signature() const {
    const int size = inner_ == nullptr ? 0 : EVP_PKEY_get_size(inner_.get());
    return size > 0 ? static_cast<std::size_t>(size) : 0;
}

Outcome<void> Key::import(int selection, const OSSL_PARAM* params) {
    if (kind_ != Kind::empty) {
        return fail(Reason::key_not_changeable, "import into a key that is there already");
    }
    TRY(auto imported, from_parameters(context_, selection, params));
    const bool with_private =
        (selection & private_selected) != 0 && OSSL_PARAM_locate_const(params, OSSL_PKEY_PARAM_PRIV_KEY) != nullptr;
    inner_ = std::move(imported);
    kind_ = with_private ? Kind::software : Kind::public_only;
    if (is_for_chip(context_, *inner_)) {
        context_.chips().expect_use("");
    }
    return {};
}

Outcome<void> Key::set(const OSSL_PARAM* params) {
    if (params == nullptr || params->key == nullptr) {
        return {};
    }
    if (is_chip_key()) {
        return set_of_chip_key(params);
    }
    if (inner_ == nullptr || EVP_PKEY_set_params(inner_.get(), only_read(params)) != 1) {
        return software_failed("set parameters of an EC key");
    }
    return {};
}

// What is asked for is tried on a copy of the public half. It is done when nothing but the form would change, and in
// place, as with a software key: another thread may have the key in its hands.
Outcome<void> Key::set_of_chip_key(const OSSL_PARAM* params) {
    const openssl::Pkey changed(EVP_PKEY_dup(inner_.get()));
    if (changed == nullptr || EVP_PKEY_set_params(changed.get(), only_read(params)) != 1) {
        return software_failed("set parameters of key " + reference_->key.hex());
    }
    const bool same_point = EVP_PKEY_eq(changed.get(), inner_.get()) == 1;
    for (const OSSL_PARAM* param = params; param->key != nullptr; ++param) {
        const std::string_view name = param->key;
        const bool allowed = name == OSSL_PKEY_PARAM_GROUP_NAME           ? names(*param, reference_->public_key.curve)
                             : name == OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY ? same_point
                                                                          : is_form(name) || tells(*inner_, *param);
        if (!allowed) {
            return fail(Reason::key_not_changeable,
                        std::string("set ") + param->key + " of key " + reference_->key.hex());
        }
    }
    if (EVP_PKEY_set_params(inner_.get(), only_read(params)) != 1) {
        return software_failed("set parameters of key " + reference_->key.hex());
    }
    return {};
}

Outcome<KeyRef> Key::duplicate(int selection) const {
    if (kind_ == Kind::empty) {
        return empty(context_);
    }
    if ((selection & (private_selected | public_selected)) == 0) {
        openssl::Pkey copy{EVP_PKEY_new()};
        if (copy == nullptr || EVP_PKEY_copy_parameters(copy.get(), inner_.get()) != 1) {
            return software_failed("copy the curve of an EC key");
        }
        return from_software(context_, std::move(copy), false);
    }
    const bool inner_has_private = kind_ == Kind::software;
    if ((selection & private_selected) != 0 || !inner_has_private) {
        openssl::Pkey copy{EVP_PKEY_dup(inner_.get())};
        if (copy == nullptr) {
            return software_failed("copy an EC key");
        }
        if (is_chip_key() && (selection & private_selected) != 0) {
            auto same = KeyRef::adopt(new Key(context_, kind_, std::move(copy), reference_));
            same->session_ = session_;
            return same;
        }
        return from_software(context_, std::move(copy), inner_has_private);
    }
    // Without the private part: through parameters, so that nothing private is ever in the copy.
    OSSL_PARAM* exported = nullptr;
    if (EVP_PKEY_todata(inner_.get(), EVP_PKEY_PUBLIC_KEY, &exported) != 1) {
        return software_failed("copy the public part of an EC key");
    }
    const openssl::Handle<OSSL_PARAM, OSSL_PARAM_free> params{exported};
    TRY(auto copy, from_parameters(context_, EVP_PKEY_PUBLIC_KEY, params.get()));
    return from_software(context_, std::move(copy), false);
}

bool Key::matches(const Key& other, int selection) const {
    if (inner_ == nullptr || other.inner_ == nullptr) {
        return false;
    }
    if ((selection & (public_selected | private_selected)) != 0) {
        // Compares curve and point. That answers for the private part as well: each of our keys that has one carries
        // its point, and equal points have equal private keys, wherever those are.
        return EVP_PKEY_eq(inner_.get(), other.inner_.get()) == 1;
    }
    return (selection & curve_selected) == 0 || EVP_PKEY_parameters_eq(inner_.get(), other.inner_.get()) == 1;
}

Outcome<void> Key::export_public(int selection, OSSL_CALLBACK* callback, void* argument) const {
    const PublicKeyParams params{reference_->public_key, (selection & public_selected) != 0
                                                             ? PublicKeyParams::with_point
                                                             : PublicKeyParams::curve_only};
    if (callback(params.get(), argument) != 1) {
        return fail(Reason::software_failed, "hand over the public key of " + reference_->key.hex());
    }
    return {};
}

}  // namespace trustx::provider
