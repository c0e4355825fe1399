// SPDX-License-Identifier: Apache-2.0
// Bytes on the wire: reading and writing them in big-endian order, and as hexadecimal text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace trustx::sim {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

// ByteReader takes values from the front of a view. After a read beyond the end it stays failed and yields zeros.
class ByteReader {
 public:
    explicit ByteReader(ByteView bytes) : rest_{bytes} {}

    std::uint8_t u8();
    std::uint16_t u16();
    ByteView take(std::size_t count);
    ByteView rest() { return take(rest_.size()); }

    [[nodiscard]] std::size_t left() const { return rest_.size(); }
    [[nodiscard]] bool failed() const { return failed_; }
    // complete is true when every read was served and nothing is left over.
    [[nodiscard]] bool complete() const { return !failed_ && rest_.empty(); }

 private:
    ByteView rest_;
    bool failed_ = false;
};

void append(Bytes& bytes, ByteView more);
void append_u16(Bytes& bytes, std::size_t value);

Bytes to_bytes(ByteView view);
Bytes to_bytes(std::string_view text);

std::string to_hex(ByteView bytes);
// from_hex is empty for anything but pairs of hexadecimal digits.
std::optional<Bytes> from_hex(std::string_view text);

}  // namespace trustx::sim
