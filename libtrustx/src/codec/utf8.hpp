// SPDX-License-Identifier: Apache-2.0
// Text from files: UTF-8 as RFC 3629 defines it, without control characters.
#pragma once

#include <string_view>

namespace trustx {

// is_printable_utf8 refuses overlong forms, surrogates, values beyond U+10FFFF and control characters.
bool is_printable_utf8(std::string_view text) noexcept;

}  // namespace trustx
