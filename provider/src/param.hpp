// SPDX-License-Identifier: Apache-2.0
// OSSL_PARAM arrays in the few shapes that the provider needs, and safe reading and writing of single ones.
#pragma once

#include "common/try.hpp"
#include "outcome.hpp"

#include <trustx/key.hpp>

#include <array>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include <openssl/core.h>
#include <openssl/params.h>

namespace trustx::provider {

// describe_* are entries of the constant lists of gettable and settable parameters.
constexpr OSSL_PARAM describe_text(const char* key) noexcept {
    return {key, OSSL_PARAM_UTF8_STRING, nullptr, 0, 0};
}
constexpr OSSL_PARAM describe_pointer(const char* key) noexcept {
    return {key, OSSL_PARAM_UTF8_PTR, nullptr, 0, 0};
}
constexpr OSSL_PARAM describe_octets(const char* key) noexcept {
    return {key, OSSL_PARAM_OCTET_STRING, nullptr, 0, 0};
}
constexpr OSSL_PARAM describe_integer(const char* key) noexcept {
    return {key, OSSL_PARAM_INTEGER, nullptr, 0, 0};
}
constexpr OSSL_PARAM describe_unsigned(const char* key) noexcept {
    return {key, OSSL_PARAM_UNSIGNED_INTEGER, nullptr, 0, 0};
}
inline constexpr OSSL_PARAM end_of_params{nullptr, 0, nullptr, 0, 0};

// PublicKeyParams is `group` and, unless told otherwise, `pub` of a key: what we import into the private library
// context and all that we ever export of a chip key. Points into the key, which must outlive it.
class PublicKeyParams {
 public:
    enum Content : bool { curve_only, with_point };
    explicit PublicKeyParams(const PublicKey& key, Content content = with_point);
    PublicKeyParams(const PublicKeyParams&) = delete;  // params_ points into group_
    PublicKeyParams& operator=(const PublicKeyParams&) = delete;
    [[nodiscard]] const OSSL_PARAM* get() const { return params_.data(); }

 private:
    std::string group_;
    std::array<OSSL_PARAM, 3> params_;
};

// read takes the value of a parameter; octets stay where the parameter has them. Error: Reason::parameter_invalid
// naming it; also when a number does not fit.
[[nodiscard]] Outcome<void> read(const OSSL_PARAM& param, std::string& into);
[[nodiscard]] Outcome<void> read(const OSSL_PARAM& param, ByteView& into);
[[nodiscard]] Outcome<void> read(const OSSL_PARAM& param, int& into);
[[nodiscard]] Outcome<void> read(const OSSL_PARAM& param, bool& into);

// read_unsigned is read for every unsigned type, of which size_t is another one on each architecture; at most is what
// the type holds.
[[nodiscard]] Outcome<std::uint64_t> read_unsigned(const OSSL_PARAM& param, std::uint64_t at_most);
template <std::unsigned_integral T>
[[nodiscard]] Outcome<void> read(const OSSL_PARAM& param, T& into) {
    TRY(const std::uint64_t value, read_unsigned(param, std::numeric_limits<T>::max()));
    into = static_cast<T>(value);
    return {};
}

// take reads the parameter of that name; nothing happens when it is not among params, which may be nullptr.
template <class T>
[[nodiscard]] Outcome<void> take(const OSSL_PARAM* params, const char* key, T& into) {
    const OSSL_PARAM* const given = OSSL_PARAM_locate_const(params, key);
    return given == nullptr ? Outcome<void>{} : read(*given, into);
}
template <class T>
[[nodiscard]] Outcome<void> take(const OSSL_PARAM* params, const char* key, std::optional<T>& into) {
    const OSSL_PARAM* const given = OSSL_PARAM_locate_const(params, key);
    return given == nullptr ? Outcome<void>{} : read(*given, into.emplace());
}

// answer_* fill a requested parameter; nothing happens when it was not requested. Error: it has the wrong type or
// too small a buffer.
[[nodiscard]] Outcome<void> answer_text(OSSL_PARAM* params, const char* key, const std::string& value);
[[nodiscard]] Outcome<void> answer_pointer(OSSL_PARAM* params, const char* key, const char* value);
[[nodiscard]] Outcome<void> answer_octets(OSSL_PARAM* params, const char* key, ByteView value);
[[nodiscard]] Outcome<void> answer_integer(OSSL_PARAM* params, const char* key, int value);
[[nodiscard]] Outcome<void> answer_unsigned(OSSL_PARAM* params, const char* key, std::uint64_t value);

}  // namespace trustx::provider
