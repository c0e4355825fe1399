// SPDX-License-Identifier: Apache-2.0
#include "handles.hpp"

namespace trustx::test {
namespace {

std::string text_of(const char* text) {
    return text == nullptr ? "?" : text;
}

}  // namespace

std::vector<std::string> take_errors() {
    std::vector<std::string> errors;
    const char* data = nullptr;
    int flags = 0;
    while (const unsigned long code = ERR_get_error_all(nullptr, nullptr, nullptr, &data, &flags)) {
        std::string line = text_of(ERR_lib_error_string(code)) + ": " + text_of(ERR_reason_error_string(code));
        if ((flags & ERR_TXT_STRING) != 0 && data != nullptr && *data != '\0') {
            line += std::string(": ") + data;
        }
        errors.push_back(std::move(line));
    }
    return errors;
}

std::string joined(const std::vector<std::string>& lines) {
    std::string all;
    for (const auto& line : lines) {
        all += line + "\n";
    }
    return all;
}

}  // namespace trustx::test
