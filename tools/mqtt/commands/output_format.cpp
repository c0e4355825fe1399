// SPDX-License-Identifier: Apache-2.0
#include "commands/output_format.hpp"

#include "common/text/printable.hpp"
#include "common/text/time_text.hpp"

#include <ctime>
#include <utility>

namespace trustx::mqtt {
namespace {

constexpr std::string_view fields = "ptlqrdxUI";

char escaped(char letter) {
    switch (letter) {
        case 'n':
            return '\n';
        case 't':
            return '\t';
        default:
            return letter;
    }
}

std::string hexadecimal(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const char byte : bytes) {
        const auto value = static_cast<unsigned char>(byte);
        text += digits[value / 16U];
        text += digits[value % 16U];
    }
    return text;
}

std::string value_of(char field, const Message& message, bool for_terminal) {
    const auto shown = [for_terminal](const std::string& text) { return for_terminal ? text::printable(text) : text; };
    switch (field) {
        case 'p':
            return shown(message.payload);
        case 't':
            return shown(message.topic);
        case 'l':
            return std::to_string(message.payload.size());
        case 'q':
            return std::to_string(message.qos);
        case 'r':
            return message.retained ? "1" : "0";
        case 'd':
            return message.duplicate ? "1" : "0";
        case 'x':
            return hexadecimal(message.payload);
        case 'U':
            return std::to_string(std::time(nullptr));
        default:
            return text::time_text(std::time(nullptr));
    }
}

}  // namespace

std::optional<OutputFormat> OutputFormat::parse(std::string_view text) {
    OutputFormat format;
    std::string literal;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool special = (text[i] == '%' || text[i] == '\\') && i + 1 < text.size();
        if (text[i] == '\\' && special) {
            literal += escaped(text[++i]);
        } else if (text[i] == '%' && special && fields.find(text[i + 1]) != std::string_view::npos) {
            format.parts_.push_back({.literal = std::exchange(literal, {})});
            format.parts_.push_back({.field = text[++i]});
        } else if (text[i] == '%') {
            if (!special || text[++i] != '%') {
                return std::nullopt;
            }
            literal += '%';
        } else {
            literal += text[i];
        }
    }
    format.parts_.push_back({.literal = std::move(literal)});
    return format;
}

std::string OutputFormat::apply(const Message& message, bool for_terminal) const {
    std::string line;
    for (const auto& part : parts_) {
        line += part.field == 0 ? part.literal : value_of(part.field, message, for_terminal);
    }
    return line;
}

}  // namespace trustx::mqtt
