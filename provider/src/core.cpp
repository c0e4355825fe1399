// SPDX-License-Identifier: Apache-2.0
#include "core.hpp"

#include <array>
#include <cstdarg>
#include <cstring>

#include <openssl/params.h>

namespace trustx::provider {

Core Core::from(const OSSL_CORE_HANDLE* handle, const OSSL_DISPATCH* upcalls) noexcept {
    Core core;
    core.handle_ = handle;
    for (; upcalls->function_id != 0; ++upcalls) {
        switch (upcalls->function_id) {
            case OSSL_FUNC_CORE_GET_PARAMS:
                core.get_params_ = OSSL_FUNC_core_get_params(upcalls);
                break;
            case OSSL_FUNC_CORE_NEW_ERROR:
                core.new_error_ = OSSL_FUNC_core_new_error(upcalls);
                break;
            case OSSL_FUNC_CORE_SET_ERROR_DEBUG:
                core.set_error_debug_ = OSSL_FUNC_core_set_error_debug(upcalls);
                break;
            case OSSL_FUNC_CORE_VSET_ERROR:
                core.vset_error_ = OSSL_FUNC_core_vset_error(upcalls);
                break;
            case OSSL_FUNC_CORE_SET_ERROR_MARK:
                core.set_mark_ = OSSL_FUNC_core_set_error_mark(upcalls);
                break;
            case OSSL_FUNC_CORE_CLEAR_LAST_ERROR_MARK:
                core.clear_mark_ = OSSL_FUNC_core_clear_last_error_mark(upcalls);
                break;
            case OSSL_FUNC_CORE_POP_ERROR_TO_MARK:
                core.pop_to_mark_ = OSSL_FUNC_core_pop_error_to_mark(upcalls);
                break;
            case OSSL_FUNC_BIO_READ_EX:
                core.bio_read_ = OSSL_FUNC_BIO_read_ex(upcalls);
                break;
            case OSSL_FUNC_BIO_WRITE_EX:
                core.bio_write_ = OSSL_FUNC_BIO_write_ex(upcalls);
                break;
            case OSSL_FUNC_BIO_GETS:
                core.bio_gets_ = OSSL_FUNC_BIO_gets(upcalls);
                break;
            default:
                break;
        }
    }
    return core;
}

void Core::raise(Reason reason, const char* text, Place place) const noexcept {
    if (new_error_ == nullptr || set_error_debug_ == nullptr || vset_error_ == nullptr) {
        return;
    }
    new_error_(handle_);
    // The name alone: the directory of the sources on the machine that built this is of no use, nor is the compiler's
    // name for a lambda.
    const char* const slash = std::strrchr(place.file, '/');
    const bool lambda = std::strcmp(place.function, "operator()") == 0;
    set_error_debug_(handle_, slash == nullptr ? place.file : slash + 1, place.line, lambda ? "" : place.function);
    if (*text == '\0') {
        set_error(reason, nullptr);
    } else {
        set_error(reason, "%s", text);
    }
}

void Core::raise_at_mark(const ProviderError& error) const noexcept {
    if (pop_to_mark_ != nullptr) {
        pop_to_mark_(handle_);
    }
    raise(error);
}

void Core::drop_mark() const noexcept {
    if (clear_mark_ != nullptr) {
        clear_mark_(handle_);
    }
}

// The upcall wants a va_list, which only a variadic function has.
void Core::set_error(Reason reason, const char* format, ...) const noexcept {
    std::va_list arguments;
    va_start(arguments, format);
    vset_error_(handle_, static_cast<std::uint32_t>(reason), format, arguments);
    va_end(arguments);
}

std::optional<std::string> Core::parameter(const char* name) const {
    char* value = nullptr;
    std::array<OSSL_PARAM, 2> wanted{OSSL_PARAM_construct_utf8_ptr(name, &value, 0), OSSL_PARAM_construct_end()};
    if (get_params_ == nullptr || get_params_(handle_, wanted.data()) == 0 || value == nullptr) {
        return std::nullopt;
    }
    return std::string{value};
}

Outcome<void> Core::write(OSSL_CORE_BIO* bio, ByteView bytes) const {
    while (!bytes.empty()) {
        std::size_t written = 0;
        if (bio_write_ == nullptr || bio_write_(bio, bytes.data(), bytes.size(), &written) != 1 || written == 0) {
            return fail(Reason::output_failed, "write the encoded key");
        }
        bytes = bytes.subspan(written);
    }
    return {};
}

std::string Core::read_line(OSSL_CORE_BIO* bio) const {
    std::array<char, 1024> buffer;
    const int length = bio_gets_ == nullptr ? 0 : bio_gets_(bio, buffer.data(), static_cast<int>(buffer.size()));
    return length > 0 ? std::string(buffer.data(), static_cast<std::size_t>(length)) : std::string{};
}

Bytes Core::read(OSSL_CORE_BIO* bio, std::size_t wanted) const {
    Bytes bytes(wanted);
    std::size_t have = 0;
    while (have < wanted && bio_read_ != nullptr) {
        std::size_t got = 0;
        if (bio_read_(bio, bytes.data() + have, wanted - have, &got) != 1 || got == 0) {
            break;
        }
        have += got;
    }
    bytes.resize(have);
    return bytes;
}

}  // namespace trustx::provider
