// SPDX-License-Identifier: Apache-2.0
// One JSON object on one line, built in a buffer of fixed size: no allocation, no locale, nothing that a forked child
// might find locked.
#pragma once

#include <trustx/bytes.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace trustx {

// JsonLine drops members that do not fit and says so with a member "cut".
class JsonLine {
 public:
    static constexpr std::size_t capacity = 2048;

    // Bytes of text that are not printable ASCII are replaced, so that a line is always one line and valid UTF-8.
    void text(std::string_view name, std::string_view value);
    void number(std::string_view name, std::int64_t value);
    void flag(std::string_view name, bool value);
    void hex(std::string_view name, ByteView value);

    // finish closes the object; the view ends with a line break and is valid as long as the JsonLine.
    std::string_view finish();

 private:
    // Kept free for the end of the line.
    static constexpr std::string_view cut_end = ",\"cut\":1}\n";
    static constexpr std::string_view end = "}\n";

    template <class Value>
    void member(std::string_view name, Value value);
    void put(char character);
    void put(std::string_view text);

    std::array<char, capacity> buffer_;
    std::size_t size_ = 0;
    bool full_ = false;  // the present member did not fit
    bool cut_ = false;
};

}  // namespace trustx
