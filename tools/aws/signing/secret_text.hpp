// SPDX-License-Identifier: Apache-2.0
// Text that is wiped before its memory is freed, however short it is: a std::string keeps short text in itself.
#pragma once

#include <trustx/secret.hpp>

#include <string_view>

namespace trustx::aws {

inline std::string_view view_of(const SecretBytes& bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

class SecretText {
 public:
    SecretText() = default;
    explicit SecretText(std::string_view text) : bytes_(text.begin(), text.end()) {}

    [[nodiscard]] std::string_view view() const noexcept { return view_of(bytes_); }
    [[nodiscard]] bool empty() const noexcept { return bytes_.empty(); }

    friend bool operator==(const SecretText&, const SecretText&) = default;

 private:
    SecretBytes bytes_;
};

}  // namespace trustx::aws
