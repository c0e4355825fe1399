// SPDX-License-Identifier: Apache-2.0
#include "param.hpp"

#include "ossl.hpp"

#include <openssl/core_names.h>

namespace trustx::provider {
namespace {

tl::unexpected<ProviderError> unreadable(const char* key, Place place = Place::here()) {
    return fail(Reason::parameter_invalid, std::string{"parameter "} + key, place);
}

// done_with turns the 1 or 0 of OSSL_PARAM_get_* and OSSL_PARAM_set_* into an Outcome.
Outcome<void> done_with(const char* key, int done) {
    if (done != 1) {
        return unreadable(key);
    }
    return {};
}

template <class Set>
Outcome<void> answer(OSSL_PARAM* params, const char* key, Set&& set) {
    OSSL_PARAM* const wanted = OSSL_PARAM_locate(params, key);
    return wanted == nullptr ? Outcome<void>{} : done_with(key, set(wanted));
}

}  // namespace

PublicKeyParams::PublicKeyParams(const PublicKey& key, Content content)
    : group_{group_name(key.curve)},
      params_{OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group_.data(), group_.size()),
              content == with_point ? OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
                                                                        only_read(key.point.data()), key.point.size())
                                    : OSSL_PARAM_construct_end(),
              OSSL_PARAM_construct_end()} {}

Outcome<void> read(const OSSL_PARAM& param, std::string& into) {
    const char* text = nullptr;
    if (OSSL_PARAM_get_utf8_string_ptr(&param, &text) != 1 || text == nullptr) {
        return unreadable(param.key);
    }
    // A UTF8_STRING need not end in NUL where its size says it ends.
    const std::size_t size =
        param.data_type == OSSL_PARAM_UTF8_STRING ? param.data_size : std::string_view{text}.size();
    into = std::string_view{text, size}.substr(0, std::string_view{text, size}.find('\0'));
    return {};
}

Outcome<void> read(const OSSL_PARAM& param, ByteView& into) {
    const void* bytes = nullptr;
    std::size_t size = 0;
    if (OSSL_PARAM_get_octet_string_ptr(&param, &bytes, &size) != 1) {
        return unreadable(param.key);
    }
    into = {static_cast<const std::uint8_t*>(bytes), size};
    return {};
}

Outcome<std::uint64_t> read_unsigned(const OSSL_PARAM& param, std::uint64_t at_most) {
    std::uint64_t value{0};
    if (OSSL_PARAM_get_uint64(&param, &value) != 1 || value > at_most) {
        return unreadable(param.key);
    }
    return value;
}

Outcome<void> read(const OSSL_PARAM& param, int& into) {
    return done_with(param.key, OSSL_PARAM_get_int(&param, &into));
}

Outcome<void> read(const OSSL_PARAM& param, bool& into) {
    int value = into ? 1 : 0;
    TRYV(read(param, value));
    into = value != 0;
    return {};
}

Outcome<void> answer_text(OSSL_PARAM* params, const char* key, const std::string& value) {
    return answer(params, key, [&](OSSL_PARAM* wanted) { return OSSL_PARAM_set_utf8_string(wanted, value.c_str()); });
}

Outcome<void> answer_pointer(OSSL_PARAM* params, const char* key, const char* value) {
    return answer(params, key, [&](OSSL_PARAM* wanted) { return OSSL_PARAM_set_utf8_ptr(wanted, value); });
}

Outcome<void> answer_octets(OSSL_PARAM* params, const char* key, ByteView value) {
    return answer(params, key,
                  [&](OSSL_PARAM* wanted) { return OSSL_PARAM_set_octet_string(wanted, value.data(), value.size()); });
}

Outcome<void> answer_integer(OSSL_PARAM* params, const char* key, int value) {
    return answer(params, key, [&](OSSL_PARAM* wanted) { return OSSL_PARAM_set_int(wanted, value); });
}

Outcome<void> answer_unsigned(OSSL_PARAM* params, const char* key, std::uint64_t value) {
    return answer(params, key, [&](OSSL_PARAM* wanted) { return OSSL_PARAM_set_uint64(wanted, value); });
}

}  // namespace trustx::provider
