// SPDX-License-Identifier: Apache-2.0
// What libcrypto offers to a provider: its error queue, the provider's configuration section, and its BIOs. The
// application may use another copy of libcrypto than the one we link, so errors and BIOs always go through here
// (openssl-provider.md section 1.11).
#pragma once

#include "outcome.hpp"

#include <trustx/bytes.hpp>

#include <optional>
#include <string>
#include <string_view>

#include <openssl/core.h>
#include <openssl/core_dispatch.h>

namespace trustx::provider {

// Core holds the upcalls of one provider instance. Threads may share it.
class Core {
 public:
    // from copies the upcalls out of the table given to OSSL_provider_init.
    static Core from(const OSSL_CORE_HANDLE* handle, const OSSL_DISPATCH* upcalls) noexcept;

    // raise puts one entry into the error queue of the calling thread.
    void raise(const ProviderError& error) const noexcept { raise(error.reason, error.text.c_str(), error.place); }
    void raise(Reason reason, const char* text, Place place = Place::here()) const noexcept;

    // set_mark marks the present end of the error queue: true if there is something to mark. Then exactly one of these
    // follows: raise_at_mark puts an entry in place of all that came after the mark, drop_mark keeps them.
    [[nodiscard]] bool set_mark() const noexcept { return set_mark_ != nullptr && set_mark_(handle_) == 1; }
    void raise_at_mark(const ProviderError& error) const noexcept;
    void drop_mark() const noexcept;

    // parameter is a value of our section in openssl.cnf; nothing when it is not there.
    [[nodiscard]] std::optional<std::string> parameter(const char* name) const;

    // write sends all bytes; Reason::output_failed otherwise.
    [[nodiscard]] Outcome<void> write(OSSL_CORE_BIO* bio, ByteView bytes) const;

    // read_line gives the next line with its line break, or what there is of it (at most 1023 bytes at a time); empty
    // at the end of input.
    [[nodiscard]] std::string read_line(OSSL_CORE_BIO* bio) const;

    // read gives up to `wanted` bytes; fewer only at the end of input.
    [[nodiscard]] Bytes read(OSSL_CORE_BIO* bio, std::size_t wanted) const;

 private:
    void set_error(Reason reason, const char* format, ...) const noexcept;

    const OSSL_CORE_HANDLE* handle_ = nullptr;
    OSSL_FUNC_core_get_params_fn* get_params_ = nullptr;
    OSSL_FUNC_core_new_error_fn* new_error_ = nullptr;
    OSSL_FUNC_core_set_error_debug_fn* set_error_debug_ = nullptr;
    OSSL_FUNC_core_vset_error_fn* vset_error_ = nullptr;
    OSSL_FUNC_core_set_error_mark_fn* set_mark_ = nullptr;
    OSSL_FUNC_core_clear_last_error_mark_fn* clear_mark_ = nullptr;
    OSSL_FUNC_core_pop_error_to_mark_fn* pop_to_mark_ = nullptr;
    OSSL_FUNC_BIO_read_ex_fn* bio_read_ = nullptr;
    OSSL_FUNC_BIO_write_ex_fn* bio_write_ = nullptr;
    OSSL_FUNC_BIO_gets_fn* bio_gets_ = nullptr;
};

}  // namespace trustx::provider
