// SPDX-License-Identifier: Apache-2.0
// What the fuzz targets share: taking decisions off the front of an input, and checks that stop the fuzzer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// The entry that libFuzzer and replay_main.cpp call for each input. Each target defines it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace trustx::test {

// Input returns the bytes of one fuzz input from the front; behind its end there are zeros.
class Input {
 public:
    Input(const std::uint8_t* data, std::size_t size) : left_{data, size} {}

    std::uint8_t u8() {
        const auto taken = bytes(1);
        return taken.empty() ? std::uint8_t{0} : taken[0];
    }
    std::uint16_t u16() {
        const auto high = u8();
        return static_cast<std::uint16_t>(high << 8 | u8());
    }
    // bytes takes up to count bytes.
    std::span<const std::uint8_t> bytes(std::size_t count) {
        const auto taken = left_.first(count < left_.size() ? count : left_.size());
        left_ = left_.subspan(taken.size());
        return taken;
    }
    std::span<const std::uint8_t> rest() { return bytes(left_.size()); }
    [[nodiscard]] bool empty() const { return left_.empty(); }

 private:
    std::span<const std::uint8_t> left_;
};

// expect ends the process where a property of the code under test does not hold; libFuzzer then keeps the input.
inline void expect(bool kept, const char* what) {
    if (!kept) {
        std::fprintf(stderr, "property violated: %s\n", what);
        std::abort();
    }
}

// exactly copies bytes to the heap in their own size, so that AddressSanitizer sees a read of one byte too many.
inline std::vector<std::uint8_t> exactly(std::span<const std::uint8_t> bytes) {
    return {bytes.begin(), bytes.end()};
}

inline std::string_view text_of(std::span<const std::uint8_t> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace trustx::test
