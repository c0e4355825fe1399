// SPDX-License-Identifier: Apache-2.0
// Which numbers of protected records were seen (RFC 6347 section 4.1.2.6). A record's number is looked up before the
// chip is asked, and noted only when the chip found the record genuine: what anybody can send moves nothing.
#pragma once

#include <cstdint>

namespace trustx::dtls {

// ReplayWindow remembers the 64 numbers up to the highest: the least that RFC 6347 prefers, and one word. Records that
// the network delays by more than 64 others are lost.
class ReplayWindow {
 public:
    static constexpr std::uint64_t width = 64;

    [[nodiscard]] bool is_fresh(std::uint64_t number) const noexcept {
        if (number >= next_) {
            return true;
        }
        const auto age = next_ - 1 - number;
        return age < width && (seen_ >> age & 1U) == 0;
    }

    void note(std::uint64_t number) noexcept {
        if (number >= next_) {
            const auto steps = number + 1 - next_;
            seen_ = steps < width ? seen_ << steps : 0;
            next_ = number + 1;
        }
        const auto age = next_ - 1 - number;
        if (age < width) {
            seen_ |= std::uint64_t{1} << age;
        }
    }

 private:
    std::uint64_t next_ = 0;  // one more than the highest seen
    std::uint64_t seen_ = 0;  // bit n: next_ - 1 - n
};

}  // namespace trustx::dtls
