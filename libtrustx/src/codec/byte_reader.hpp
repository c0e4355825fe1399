// SPDX-License-Identifier: Apache-2.0
// Reading big-endian fields out of bytes. A reader that reached the end too early or found something unexpected stays
// failed and returns zeros and empty views; ask done() once at the end, which also requires that all was read.
#pragma once

#include <trustx/bytes.hpp>

#include <cstddef>
#include <cstdint>

namespace trustx {

class ByteReader {
 public:
    // The reader returns views into bytes, which must outlive them.
    explicit ByteReader(ByteView bytes) : left_{bytes} {}

    std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
    std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
    std::uint32_t u24() { return number(3); }

    ByteView bytes(std::size_t count) {
        if (failed_ || count > left_.size()) {
            fail();
            return {};
        }
        const ByteView taken = left_.first(count);
        left_ = left_.subspan(count);
        return taken;
    }

    // expect takes one byte, which must have this value.
    void expect(std::uint8_t value) {
        if (u8() != value) {
            fail();
        }
    }

    // fail marks what was read as unusable, for conditions that only the caller knows.
    void fail() {
        failed_ = true;
        left_ = {};
    }

    [[nodiscard]] std::size_t left() const { return left_.size(); }
    // rest looks at what is left without taking it.
    [[nodiscard]] ByteView rest() const { return left_; }
    [[nodiscard]] bool failed() const { return failed_; }
    [[nodiscard]] bool done() const { return !failed_ && left_.empty(); }

 private:
    std::uint32_t number(std::size_t width) {
        std::uint32_t value = 0;
        for (const std::uint8_t byte : bytes(width)) {
            value = value << 8 | byte;
        }
        return value;
    }

    ByteView left_;
    bool failed_ = false;
};

}  // namespace trustx
