// SPDX-License-Identifier: Apache-2.0
// The KDFs of TLS: OSSL_OP_KDF "TLS1-PRF" and "TLS13-KDF". They are those of the private library context, but where the
// secret is a stand-in the chip derives from what it stands for, or hands that out where it cannot: TLS 1.2 with
// SHA-256 stays in the chip, everything else goes on in software (openssl-provider.md section 6.2).
#include "algorithms.hpp"
#include "c_boundary.hpp"
#include "digest.hpp"
#include "dispatch.hpp"
#include "param.hpp"
#include "tls_labels.hpp"
#include "tls_secrets.hpp"

#include <trustx/commands.hpp>
#include <trustx/secret.hpp>

#include <algorithm>
#include <memory>
#include <string_view>
#include <vector>

#include <openssl/core_names.h>
#include <openssl/kdf.h>

namespace trustx::provider {
namespace {

using EvpKdf = openssl::Handle<EVP_KDF, EVP_KDF_free>;
using EvpKdfCtx = openssl::Handle<EVP_KDF_CTX, EVP_KDF_CTX_free>;

// Which of the two, and the name that it has for its secret.
struct Algorithm {
    const char* name;
    const char* secret;
};
constexpr Algorithm prf{OSSL_KDF_NAME_TLS1_PRF, OSSL_KDF_PARAM_SECRET};
constexpr Algorithm tls13{OSSL_KDF_NAME_TLS1_3_KDF, OSSL_KDF_PARAM_KEY};

// Derivation is the state behind a KDF context. Used by one thread at a time.
class Derivation {
 public:
    Derivation(ProviderContext& context, const Algorithm& algorithm, EvpKdfCtx software)
        : context_{context}, algorithm_{algorithm}, software_{std::move(software)} {}
    static Derivation& of(void* ctx) noexcept { return *static_cast<Derivation*>(ctx); }
    static const Derivation& of(const void* ctx) noexcept { return *static_cast<const Derivation*>(ctx); }
    [[nodiscard]] const Core& core() const { return context_.core(); }

    static Outcome<std::unique_ptr<Derivation>> make(ProviderContext& context, const Algorithm& algorithm) {
        const EvpKdf kdf{EVP_KDF_fetch(context.libctx(), algorithm.name, context.properties())};
        EvpKdfCtx software{kdf == nullptr ? nullptr : EVP_KDF_CTX_new(kdf.get())};
        if (software == nullptr) {
            return software_failed(std::string{"start "} + algorithm.name);
        }
        return std::make_unique<Derivation>(context, algorithm, std::move(software));
    }

    Outcome<std::unique_ptr<Derivation>> duplicate() const {
        auto other = std::make_unique<Derivation>(context_, algorithm_, EvpKdfCtx{EVP_KDF_CTX_dup(software_.get())});
        if (other->software_ == nullptr) {
            return software_failed(std::string{"copy "} + algorithm_.name);
        }
        other->digest_ = digest_;
        other->label_and_seed_ = label_and_seed_;
        other->stand_in_ = stand_in_;
        other->around_ = around_;
        return other;
    }

    void reset() {
        EVP_KDF_CTX_reset(software_.get());
        digest_.clear();
        label_and_seed_.clear();
        stand_in_.reset();
        around_.clear();
    }

    // set keeps what the chip would need, and gives everything but a stand-in to the software.
    Outcome<void> set(const OSSL_PARAM* params) {
        std::vector<OSSL_PARAM> theirs;
        for (const OSSL_PARAM* param = params; param != nullptr && param->key != nullptr; ++param) {
            const std::string_view name = param->key;
            bool is_stand_in = false;
            if (name == algorithm_.secret) {
                TRY(is_stand_in, take_secret(*param));
            } else if (name == OSSL_KDF_PARAM_DIGEST) {
                TRYV(read(*param, digest_));
            } else if (name == OSSL_KDF_PARAM_SEED) {
                ByteView part;
                TRYV(read(*param, part));
                label_and_seed_.insert(label_and_seed_.end(), part.begin(), part.end());
            }
            if (!is_stand_in) {
                theirs.push_back(*param);
            }
        }
        theirs.push_back(OSSL_PARAM_construct_end());
        if (theirs.size() > 1 && EVP_KDF_CTX_set_params(software_.get(), theirs.data()) != 1) {
            return software_failed(std::string{"set parameters of "} + algorithm_.name);
        }
        return {};
    }

    Outcome<void> get(OSSL_PARAM* params) {
        if (EVP_KDF_CTX_get_params(software_.get(), params) != 1) {
            return software_failed(std::string{"ask "} + algorithm_.name + " for parameters");
        }
        return {};
    }

    Outcome<void> derive(std::span<unsigned char> out, const OSSL_PARAM* params) {
        TRYV(set(params));
        if (!stand_in_) {
            return derive_in_software(out);
        }
        TRY(auto* const chip, context_.chips().find(""));
        TRY(const bool by_chip, stays_in_chip());
        if (stand_in_->of == StandIn::Of::master) {
            return by_chip ? derive_from_master(*chip, out)
                           : fail(Reason::parameter_invalid,
                                  "derive from a master secret in the chip: only by TLS1-PRF with SHA-256");
        }
        if (by_chip && tls_labels::is_master(label_and_seed_) && out.size() == tls_labels::master_size) {
            TRYV(chip->make_master(stand_in_->number, label_and_seed_));
            return write_stand_in(context_, stand_in_->number, StandIn::Of::master, out);
        }
        TRY(auto agreed, chip->export_agreed(stand_in_->number));
        chip->note("gave out an agreed secret, for " + reason_to_export());
        TRYV(give_to_software(agreed));
        return derive_in_software(out);
    }

 private:
    // take_secret says whether the secret is a stand-in, or has one in it: libssl puts the premaster secret, with its
    // length in front, before a pre-shared key (RFC 4279 section 2).
    Outcome<bool> take_secret(const OSSL_PARAM& param) {
        constexpr std::size_t length_size = 2;
        ByteView secret;
        TRYV(read(param, secret));
        around_.clear();
        TRY(stand_in_, read_stand_in(context_, secret));
        if (!stand_in_ && secret.size() > length_size) {
            const std::size_t length = std::size_t{secret[0]} << 8 | secret[1];
            if (length <= secret.size() - length_size) {
                TRY(stand_in_, read_stand_in(context_, secret.subspan(length_size, length)));
                around_.assign(secret.begin(), secret.end());
            }
        }
        if (!stand_in_) {
            around_.clear();
            return false;
        }
        if (!stand_in_->ours) {
            return fail(Reason::session_lost,
                        "the secret of this TLS session is in the chip, and was known to the process that made it: "
                        "begin a new session");
        }
        return true;
    }

    Outcome<bool> stays_in_chip() const {
        if (algorithm_.name != prf.name || !around_.empty() || digest_.empty()) {
            return false;
        }
        TRY(const auto digest, find_digest(context_, digest_));
        return EVP_MD_is_a(digest.get(), "SHA2-256") == 1;
    }

    [[nodiscard]] std::string reason_to_export() const {
        if (algorithm_.name != prf.name) {
            return "TLS 1.3, whose secrets the chip cannot derive";
        }
        if (!around_.empty()) {
            return "a cipher suite with a pre-shared key";
        }
        return tls_labels::is_master(label_and_seed_)
                   ? "a cipher suite with " + digest_ + ": the chip derives with SHA-256 only"
                   : "something else than a master secret";
    }

    Outcome<void> give_to_software(const SecretBytes& agreed) {
        constexpr std::size_t length_size = 2;
        SecretBytes secret = agreed;
        if (!around_.empty()) {
            secret = around_;
            std::ranges::copy(agreed, secret.begin() + length_size);
        }
        const std::array<OSSL_PARAM, 2> params{
            OSSL_PARAM_construct_octet_string(algorithm_.secret, secret.data(), secret.size()),
            OSSL_PARAM_construct_end()};
        if (EVP_KDF_CTX_set_params(software_.get(), params.data()) != 1) {
            return software_failed(std::string{"set the secret of "} + algorithm_.name);
        }
        return {};
    }

    Outcome<void> derive_in_software(std::span<unsigned char> out) {
        if (EVP_KDF_derive(software_.get(), out.data(), out.size(), nullptr) != 1) {
            return software_failed(std::string{"run "} + algorithm_.name);
        }
        return {};
    }

    Outcome<void> derive_from_master(Chip& chip, std::span<unsigned char> out) const {
        if (out.size() > DeriveKey::max_length) {
            return fail(Reason::parameter_invalid, "derive " + std::to_string(out.size()) +
                                                       " bytes from a master secret in the chip: it gives " +
                                                       std::to_string(DeriveKey::max_length) + " at most");
        }
        TRY(const auto derived, chip.derive(stand_in_->number, label_and_seed_, out.size()));
        std::ranges::copy(derived, out.begin());
        return {};
    }

    ProviderContext& context_;
    const Algorithm& algorithm_;
    EvpKdfCtx software_;
    std::string digest_;
    Bytes label_and_seed_;
    std::optional<StandIn> stand_in_;
    SecretBytes around_;  // a secret with the stand-in in it; empty where the stand-in is the secret
};

template <const Algorithm& algorithm>
void* kdf_newctx(void* provctx) {
    auto& context = ProviderContext::of(provctx);
    return hand_over(context.core(), [&] { return Derivation::make(context, algorithm); });
}

void kdf_reset(void* ctx) {
    Derivation::of(ctx).reset();
}

int kdf_derive(void* ctx, unsigned char* key, std::size_t size, const OSSL_PARAM params[]) {
    auto& derivation = Derivation::of(ctx);
    return answer(derivation.core(), [&] { return derivation.derive({key, size}, params); });
}

int kdf_set_ctx_params(void* ctx, const OSSL_PARAM params[]) {
    auto& derivation = Derivation::of(ctx);
    return answer(derivation.core(), [&] { return derivation.set(params); });
}

int kdf_get_ctx_params(void* ctx, OSSL_PARAM params[]) {
    auto& derivation = Derivation::of(ctx);
    return answer(derivation.core(), [&] { return derivation.get(params); });
}

template <ParameterLists::Of of>
const OSSL_PARAM* kdf_params(void* /*ctx*/, void* provctx) {
    return ProviderContext::of(provctx).parameters().get(of);
}

}  // namespace

#define TRUSTX_KDF(algorithm, settable, gettable)                                                                \
    {                                                                                                            \
        TRUSTX_ENTRY(OSSL_FUNC_KDF_NEWCTX, kdf_newctx, kdf_newctx<algorithm>),                                   \
            TRUSTX_ENTRY(OSSL_FUNC_KDF_DUPCTX, kdf_dupctx, duplicate_context<Derivation>),                       \
            TRUSTX_ENTRY(OSSL_FUNC_KDF_FREECTX, kdf_freectx, free_context<Derivation>),                          \
            TRUSTX_ENTRY(OSSL_FUNC_KDF_RESET, kdf_reset, kdf_reset),                                             \
            TRUSTX_ENTRY(OSSL_FUNC_KDF_DERIVE, kdf_derive, kdf_derive),                                          \
            TRUSTX_ENTRY(OSSL_FUNC_KDF_SETTABLE_CTX_PARAMS, kdf_settable_ctx_params, kdf_params<settable>),      \
            TRUSTX_ENTRY(OSSL_FUNC_KDF_SET_CTX_PARAMS, kdf_set_ctx_params, kdf_set_ctx_params),                  \
            TRUSTX_ENTRY(OSSL_FUNC_KDF_GETTABLE_CTX_PARAMS, kdf_gettable_ctx_params, kdf_params<gettable>),      \
            TRUSTX_ENTRY(OSSL_FUNC_KDF_GET_CTX_PARAMS, kdf_get_ctx_params, kdf_get_ctx_params), end_of_dispatch, \
    }

const OSSL_DISPATCH kdf_tls1_prf[] =
    TRUSTX_KDF(prf, ParameterLists::Of::prf_settable, ParameterLists::Of::prf_gettable);
const OSSL_DISPATCH kdf_tls13[] =
    TRUSTX_KDF(tls13, ParameterLists::Of::tls13_settable, ParameterLists::Of::tls13_gettable);

}  // namespace trustx::provider
