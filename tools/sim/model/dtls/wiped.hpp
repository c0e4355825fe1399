// SPDX-License-Identifier: Apache-2.0
// Secrets of a session, which are overwritten when they are no longer needed.
#pragma once

#include "model/base/bytes.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include <openssl/crypto.h>

namespace trustx::sim::dtls {

// Wiped holds up to `room` bytes in itself; nothing is left of them after its end.
template <std::size_t room>
class Wiped {
 public:
    Wiped() = default;
    // take copies the bytes and wipes them where they were.
    static Wiped take(Bytes&& from) {
        if (from.size() > room) {
            throw std::length_error("a secret does not fit");
        }
        Wiped secret;
        std::copy(from.begin(), from.end(), secret.bytes_.begin());
        secret.size_ = from.size();
        OPENSSL_cleanse(from.data(), from.size());
        from.clear();
        return secret;
    }
    Wiped(const Wiped&) = default;
    Wiped& operator=(const Wiped&) = default;
    ~Wiped() { wipe(); }

    void wipe() {
        OPENSSL_cleanse(bytes_.data(), bytes_.size());
        size_ = 0;
    }
    [[nodiscard]] ByteView view() const { return ByteView{bytes_}.first(size_); }

 private:
    std::array<std::uint8_t, room> bytes_{};
    std::size_t size_ = 0;
};

}  // namespace trustx::sim::dtls
