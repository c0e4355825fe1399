// SPDX-License-Identifier: Apache-2.0
// Text from elsewhere, before people see it. What files, chips, certificates and peers say may hold control characters
// that a terminal obeys, or line breaks that forge a message.
#pragma once

#include <string>
#include <string_view>

namespace trustx::text {

// is_printable accepts UTF-8 as RFC 3629 defines it without control characters (C0, DEL, C1), line and paragraph
// separators, and the controls of the bidirectional algorithm (Unicode Standard Annex 9), which make text
// look different from what it is.
[[nodiscard]] bool is_printable(std::string_view text) noexcept;

// printable gives the text with every byte of what is not printable written as `\x1B`.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace trustx::text
