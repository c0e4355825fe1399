// SPDX-License-Identifier: Apache-2.0
#include "key_generation.hpp"

#include "common/openssl/curve_names.hpp"
#include "common/text/printable.hpp"
#include "param.hpp"

#include <openssl/core_names.h>

namespace trustx::provider {
namespace {

constexpr const char* param_slot = "slot";
constexpr const char* param_usage = "usage";
constexpr const char* param_force = "force";
constexpr const char* param_device = "device";
constexpr const char* param_label = "label";

constexpr std::array own_settable{describe_text(param_slot), describe_text(param_usage), describe_integer(param_force),
                                  describe_text(param_device), describe_text(param_label)};

Outcome<Curve> chip_curve(const std::string& group) {
    if (const auto curve = curve_named(openssl::group_name(group))) {
        return *curve;
    }
    return fail(Reason::curve_unsupported, "generate a key in the chip on curve " +
                                               (group.empty() ? "(none given)" : group) +
                                               ": the chip has P-256 and P-384; add -pkeyopt group:P-256");
}

std::string group_of(EVP_PKEY& key) {
    std::array<char, 80> name{};
    return EVP_PKEY_get_group_name(&key, name.data(), name.size(), nullptr) == 1 ? name.data() : "";
}

Outcome<ObjectId> key_slot(const std::string& text) {
    const auto slot = ObjectId::parse(text);
    if (!slot || *slot < object::device_key_1 || *slot > object::device_key_4) {
        return fail(Reason::slot_invalid, "slot " + text + ": the key slots are " + object::device_key_1.hex() +
                                              " to " + object::device_key_4.hex() +
                                              ", and `session` for a key that lasts as long as the program");
    }
    return *slot;
}

}  // namespace

const OSSL_PARAM* KeyGeneration::settable(ProviderContext& context) noexcept {
    return context.parameters().get(ParameterLists::Of::generation_settable, own_settable);
}

Outcome<std::unique_ptr<KeyGeneration>> KeyGeneration::begin(ProviderContext& context, int selection,
                                                             const OSSL_PARAM* params) {
    std::unique_ptr<KeyGeneration> generation{new KeyGeneration(context, selection)};
    TRYV(generation->begin_software(nullptr));
    TRYV(generation->set(params));
    return generation;
}

Outcome<std::unique_ptr<KeyGeneration>> KeyGeneration::begin_ephemeral(ProviderContext& context, int selection,
                                                                       const OSSL_PARAM* params) {
    TRY(auto generation, begin(context, selection, params));
    generation->ephemeral_ = true;
    return generation;
}

Outcome<void> KeyGeneration::begin_software(EVP_PKEY* with_template) {
    software_.reset(with_template == nullptr
                        ? EVP_PKEY_CTX_new_from_name(context_.libctx(), "EC", context_.properties())
                        : EVP_PKEY_CTX_new_from_pkey(context_.libctx(), with_template, context_.properties()));
    const bool pair = (selection_ & OSSL_KEYMGMT_SELECT_KEYPAIR) != 0;
    if (software_ == nullptr ||
        (pair ? EVP_PKEY_keygen_init(software_.get()) : EVP_PKEY_paramgen_init(software_.get())) != 1) {
        return software_failed("start generating an EC key");
    }
    return {};
}

Outcome<void> KeyGeneration::use_template(const Key& key) {
    if (key.inner() == nullptr) {
        return fail(Reason::key_incomplete, "generate a key like an empty one");
    }
    if (ephemeral_) {
        group_ = group_of(*key.inner());
    }
    TRYV(begin_software(key.inner()));
    return given_ == nullptr ? Outcome<void>{} : set_software(given_.get());
}

Outcome<void> KeyGeneration::set(const OSSL_PARAM* params) {
    if (params == nullptr || params->key == nullptr) {
        return {};
    }
    TRYV(set_chip(params));
    const openssl::Handle<OSSL_PARAM, OSSL_PARAM_free> merged{
        given_ == nullptr ? nullptr : OSSL_PARAM_merge(given_.get(), params)};
    given_.reset(OSSL_PARAM_dup(merged != nullptr ? merged.get() : params));
    if (given_ == nullptr) {
        return fail(Reason::out_of_memory, "keep the parameters of a key generation");
    }
    return set_software(params);
}

Outcome<void> KeyGeneration::set_software(const OSSL_PARAM* params) {
    // A curve that the default provider does not have is refused at once, as it would be without us.
    if (EVP_PKEY_CTX_set_params(software_.get(), params) != 1) {
        return software_failed("set parameters of an EC key generation");
    }
    return {};
}

Outcome<void> KeyGeneration::set_chip(const OSSL_PARAM* params) {
    std::optional<std::string> slot;
    std::optional<std::string> usage;
    TRYV(take(params, OSSL_PKEY_PARAM_GROUP_NAME, group_));
    TRYV(take(params, param_slot, slot));
    TRYV(take(params, param_usage, usage));
    TRYV(take(params, param_force, request_.force));
    TRYV(take(params, param_device, request_.device));
    TRYV(take(params, param_label, request_.label));
    TRYV(outcome_of(KeyReference::check_label(request_.label)));
    if (!text::is_printable(request_.device)) {
        return fail(Reason::parameter_invalid, "the name of a device is UTF-8 without control characters");
    }
    if (slot) {
        session_ = *slot == "session";
        slot_.reset();
        if (!session_) {
            TRY(slot_, key_slot(*slot));
        }
    }
    if (usage) {
        const auto parsed = parse_key_usage(*usage);
        if (!parsed) {
            return fail(Reason::usage_invalid, parsed.error().message());
        }
        request_.usage = *parsed;
    }
    return {};
}

Outcome<KeyRef> KeyGeneration::generate() {
    const bool pair = (selection_ & OSSL_KEYMGMT_SELECT_KEYPAIR) != 0;
    if (ephemeral_ && pair) {
        return generate_ephemeral();
    }
    return (slot_ || session_) && pair ? generate_in_chip() : generate_in_software();
}

Outcome<KeyRef> KeyGeneration::generate_ephemeral() {
    TRY(const auto curve, chip_curve(group_));
    TRY(const auto chip, context_.chips().find(""));
    const auto& settings = context_.settings();
    const bool in_software_else = settings.ephemeral_fallback;
    auto made = chip->generate_ephemeral(curve, settings.session_timeout, in_software_else)
                    .during("make an ephemeral key of TLS");
    if (made && *made) {
        return Key::from_session(context_, **std::move(made));
    }
    auto why = made ? "none of the chip's four session objects became free within " +
                          std::to_string(settings.session_timeout.count()) +
                          " ms, or all are those of other handshakes of this thread"
                    : made.error().text;
    if (in_software_else) {
        chip->note("made an ephemeral key of TLS in software: " + why);
        return generate_in_software();
    }
    if (!made) {
        return tl::unexpected<ProviderError>(std::move(made).error());
    }
    return fail(Reason::session_unavailable,
                "make an ephemeral key of TLS: " + why +
                    "; fewer handshakes at one time, a longer session-timeout-ms, or ephemeral-fallback = software");
}

Outcome<KeyRef> KeyGeneration::generate_in_software() {
    EVP_PKEY* made = nullptr;
    if (EVP_PKEY_generate(software_.get(), &made) != 1) {
        return software_failed("generate an EC key");
    }
    const bool pair = (selection_ & OSSL_KEYMGMT_SELECT_KEYPAIR) != 0;
    auto key = Key::from_software(context_, openssl::Pkey{made}, pair);
    if (ephemeral_ && !pair) {
        key->mark_as_peer_of_client();
    }
    return key;
}

Outcome<KeyRef> KeyGeneration::generate_in_chip() {
    TRY(const auto curve, chip_curve(group_));
    TRY(const auto chip, context_.chips().find(request_.device));
    request_.curve = curve;
    if (session_) {
        TRY(auto key, chip->generate_session(request_));
        return Key::from_session(context_, std::move(key));
    }
    request_.slot = *slot_;
    TRY(auto reference, chip->generate(request_));
    return Key::from_reference(context_, std::move(reference));
}

}  // namespace trustx::provider
