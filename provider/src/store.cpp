// SPDX-License-Identifier: Apache-2.0
// The store: OSSL_OP_STORE "trustx", for URIs such as trustx:E0F1. The chip is asked when the first object is loaded,
// for all of them at once, so that the end is known after the last one (openssl-provider.md section 1.9).
#include "advice.hpp"
#include "algorithms.hpp"
#include "c_boundary.hpp"
#include "chip_inventory.hpp"
#include "dispatch.hpp"
#include "handover.hpp"
#include "param.hpp"
#include "store_search.hpp"
#include "store_uri.hpp"
#include "trust_anchors.hpp"

#include <trustx/life_cycle.hpp>

#include <array>
#include <deque>
#include <variant>

#include <openssl/core_names.h>
#include <openssl/core_object.h>

namespace trustx::provider {
namespace {

using StoreObject = std::variant<KeyRef, Bytes>;  // a key, or a certificate in DER

int offer_certificate(Bytes& der, OSSL_CALLBACK* callback, void* argument) {
    int type = OSSL_OBJECT_CERT;
    std::array<OSSL_PARAM, 3> object{
        OSSL_PARAM_construct_int(OSSL_OBJECT_PARAM_TYPE, &type),
        OSSL_PARAM_construct_octet_string(OSSL_OBJECT_PARAM_DATA, der.data(), der.size()),
        OSSL_PARAM_construct_end(),
    };
    return callback(object.data(), argument);
}

// Reader is the state behind one open store. Used by one thread.
class Reader {
 public:
    Reader(ProviderContext& context, StoreUri uri) : context_{context}, uri_{std::move(uri)} {}
    static Reader& of(void* ctx) noexcept { return *static_cast<Reader*>(ctx); }
    [[nodiscard]] const Core& core() const { return context_.core(); }
    [[nodiscard]] bool at_end() const { return state_ == State::asked && objects_.empty(); }

    Outcome<void> set(const OSSL_PARAM* params) { return search_.set(params); }

    // load hands over the next object. Nothing found at all is not an error: the caller sees the end. After a failure
    // the end comes one call later: programs such as `openssl storeutl` take a failure at the end for success.
    Outcome<int> load(OSSL_CALLBACK* callback, void* argument) {
        if (state_ == State::opened) {
            state_ = State::failed;
            const auto found = find_all();
            if (!found) {
                objects_.clear();
            }
            TRYV(found);
        }
        state_ = State::asked;
        if (objects_.empty()) {
            return 1;
        }
        StoreObject object = std::move(objects_.front());
        objects_.pop_front();
        if (auto* const certificate = std::get_if<Bytes>(&object)) {
            return offer_certificate(*certificate, callback, argument);
        }
        return KeyHandover{std::move(std::get<KeyRef>(object))}.offer(callback, argument);
    }

 private:
    enum class State { opened, failed, asked };

    Outcome<void> find_all() {
        TRY(const auto chip, context_.chips().find(uri_.device));
        if (uri_.object) {
            return find(*chip, *uri_.object);
        }
        for (const auto& info : all_objects()) {
            const auto found = find(*chip, info.id);
            // While listing, an object that is locked, damaged or of unknown public key is left out. Without the
            // chip there is no list.
            if (!found && !is_about_the_object(found.error().reason)) {
                return found;
            }
        }
        return {};
    }

    static bool is_about_the_object(Reason reason) {
        return reason >= Reason::chip_base || reason == Reason::public_key_unknown || reason == Reason::object_empty ||
               reason == reason_of(Error{Errc::certificate_malformed}) ||
               reason == reason_of(Error{Errc::metadata_malformed});
    }

    Outcome<void> find(Chip& chip, ObjectId object) {
        const ObjectInfo* const info = describe(object);
        if (info == nullptr) {
            return {};
        }
        if (info->kind == ObjectKind::key) {
            return uri_.type == StoreUri::Type::certificate ? find_paired_certificate(chip, object)
                                                            : find_key(chip, object);
        }
        const bool certificate = info->kind == ObjectKind::certificate || info->kind == ObjectKind::trust_anchor;
        return certificate && wants_certificates() ? find_certificates(chip, object) : Outcome<void>{};
    }

    [[nodiscard]] bool wants_certificates() const {
        return search_.wants_certificates() &&
               (uri_.type == StoreUri::Type::any || uri_.type == StoreUri::Type::certificate);
    }

    // trustx:E0F1;type=cert is the certificate of that key. In a list it has its own number.
    Outcome<void> find_paired_certificate(Chip& chip, ObjectId key) {
        const auto certificate = paired_certificate(key);
        return uri_.object && certificate && wants_certificates() ? find_certificates(chip, *certificate)
                                                                  : Outcome<void>{};
    }

    Outcome<void> find_key(Chip& chip, ObjectId slot) {
        if (!search_.wants_keys()) {
            return {};
        }
        TRY(auto reference, key_in(context_.libctx(), chip, slot));
        if (!reference) {
            return uri_.object ? empty_slot(chip, slot) : Outcome<void>{};
        }
        const bool only_public = uri_.type == StoreUri::Type::public_key ||
                                 (uri_.type == StoreUri::Type::any && search_.wants_public_keys());
        TRY(auto key, only_public ? Key::from_public_key(context_, reference->public_key)
                                  : Key::from_reference(context_, std::move(*reference)));
        objects_.emplace_back(std::move(key));
        return {};
    }

    // Where the chip makes no key either, that is said in place of the advice.
    static Outcome<void> empty_slot(Chip& chip, ObjectId slot) {
        const auto refusal =
            chip.locked("look at slot " + slot.hex(),
                        [slot](LockedDevice& device) { return read_refusal(device, slot, AccessKind::change); })
                .value_or("");
        return fail(Reason::object_empty,
                    "key " + slot.hex() + ": the slot is empty; " + (refusal.empty() ? advise_keygen(slot) : refusal));
    }

    Outcome<void> find_certificates(Chip& chip, ObjectId object) {
        TRY(auto certificates, certificates_in(chip, object, uri_.object ? Content::expected : Content::unknown));
        if (certificates.empty() && uri_.object) {
            return fail(Reason::object_empty, "certificate object " + object.hex() + ": nothing is written there; " +
                                                  advise_certificate(object));
        }
        if (uri_.device.empty() && !certificates.empty()) {
            TRYV(check_anchor(context_, object, certificates.front()));
        }
        for (auto& certificate : certificates) {
            if (search_.matches(context_.libctx(), certificate)) {
                objects_.emplace_back(std::move(certificate));
            }
        }
        return {};
    }

    ProviderContext& context_;
    StoreUri uri_;
    StoreSearch search_;
    State state_ = State::opened;
    std::deque<StoreObject> objects_;
};

void* store_open(void* provctx, const char* uri) {
    auto& context = ProviderContext::of(provctx);
    return hand_over(context.core(), [&]() -> Outcome<std::unique_ptr<Reader>> {
        TRY(auto parsed, StoreUri::parse(uri));
        return std::make_unique<Reader>(context, std::move(parsed));
    });
}

// A store is a chip, never a stream.
void* store_attach(void*, OSSL_CORE_BIO*) {
    return nullptr;
}

const OSSL_PARAM* store_settable_ctx_params(void*) {
    return StoreSearch::settable();
}

int store_set_ctx_params(void* ctx, const OSSL_PARAM params[]) {
    auto& reader = Reader::of(ctx);
    return answer(reader.core(), [&] { return reader.set(params); });
}

int store_load(void* ctx, OSSL_CALLBACK* callback, void* argument, OSSL_PASSPHRASE_CALLBACK*, void*) {
    auto& reader = Reader::of(ctx);
    return guard<int>(reader.core(), 0, [&] { return reader.load(callback, argument); });
}

int store_eof(void* ctx) {
    return Reader::of(ctx).at_end();
}

int store_close(void* ctx) {
    delete static_cast<Reader*>(ctx);
    return 1;
}

// libcrypto tries this first when the caller prefers another provider's keys. A chip key must refuse, or the caller
// would get its public half and fail at the first signature; then libcrypto comes to our keymgmt_load. Without an
// error, because that is the usual course.
int store_export_object(void*, const void* reference, std::size_t size, OSSL_CALLBACK* callback, void* argument) {
    const KeyHandover* const handover = KeyHandover::at(reference, size);
    if (handover == nullptr || handover->peek() == nullptr || handover->peek()->has_private()) {
        return 0;
    }
    return EVP_PKEY_export(handover->peek()->inner(), EVP_PKEY_PUBLIC_KEY, callback, argument);
}

}  // namespace

const OSSL_DISPATCH store_trustx[] = {
    TRUSTX_ENTRY(OSSL_FUNC_STORE_OPEN, store_open, store_open),
    TRUSTX_ENTRY(OSSL_FUNC_STORE_ATTACH, store_attach, store_attach),
    TRUSTX_ENTRY(OSSL_FUNC_STORE_SETTABLE_CTX_PARAMS, store_settable_ctx_params, store_settable_ctx_params),
    TRUSTX_ENTRY(OSSL_FUNC_STORE_SET_CTX_PARAMS, store_set_ctx_params, store_set_ctx_params),
    TRUSTX_ENTRY(OSSL_FUNC_STORE_LOAD, store_load, store_load),
    TRUSTX_ENTRY(OSSL_FUNC_STORE_EOF, store_eof, store_eof),
    TRUSTX_ENTRY(OSSL_FUNC_STORE_CLOSE, store_close, store_close),
    TRUSTX_ENTRY(OSSL_FUNC_STORE_EXPORT_OBJECT, store_export_object, store_export_object),
    end_of_dispatch,
};

}  // namespace trustx::provider
