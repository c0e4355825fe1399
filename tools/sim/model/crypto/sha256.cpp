// SPDX-License-Identifier: Apache-2.0
// FIPS 180-4, sections 4.1.2, 4.2.2, 5 and 6.2.
#include "model/crypto/sha256.hpp"

#include <algorithm>
#include <bit>

namespace trustx::sim {

namespace {

constexpr std::array<std::uint32_t, 64> k{
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

std::uint32_t load(const std::uint8_t* bytes) {
    return static_cast<std::uint32_t>(bytes[0]) << 24U | static_cast<std::uint32_t>(bytes[1]) << 16U |
           static_cast<std::uint32_t>(bytes[2]) << 8U | bytes[3];
}

template <class Integer>
void store(Bytes& bytes, Integer value) {
    for (int shift = static_cast<int>(sizeof value) * 8 - 8; shift >= 0; shift -= 8) {
        bytes.push_back(static_cast<std::uint8_t>(value >> static_cast<unsigned>(shift)));
    }
}

}  // namespace

void Sha256::update(ByteView message) {
    for (const auto byte : message) {
        buffer_[length_ % 64] = byte;
        if (++length_ % 64 == 0) {
            block(buffer_.data());
        }
    }
}

Sha256::Digest Sha256::finish() const {
    Sha256 last = *this;
    const std::uint64_t bits = length_ * 8;
    Bytes padding{0x80};
    padding.resize(1 + (119 - length_ % 64) % 64, 0);
    store(padding, bits);
    last.update(padding);
    Bytes words;
    for (const auto word : last.state_) {
        store(words, word);
    }
    Digest digest{};
    std::copy(words.begin(), words.end(), digest.begin());
    return digest;
}

void Sha256::block(const std::uint8_t* bytes) {
    std::array<std::uint32_t, 64> w{};
    for (std::size_t t = 0; t < 16; ++t) {
        w[t] = load(bytes + 4 * t);
    }
    for (std::size_t t = 16; t < 64; ++t) {
        const auto s0 = std::rotr(w[t - 15], 7) ^ std::rotr(w[t - 15], 18) ^ (w[t - 15] >> 3U);
        const auto s1 = std::rotr(w[t - 2], 17) ^ std::rotr(w[t - 2], 19) ^ (w[t - 2] >> 10U);
        w[t] = w[t - 16] + s0 + w[t - 7] + s1;
    }
    auto [a, b, c, d, e, f, g, h] = state_;
    for (std::size_t t = 0; t < 64; ++t) {
        const auto t1 =
            h + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) + ((e & f) ^ (~e & g)) + k[t] + w[t];
        const auto t2 = (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
        h = g;
        g = f;
        f = e;
        e = d + t1;
        d = c;
        c = b;
        b = a;
        a = t1 + t2;
    }
    const std::array<std::uint32_t, 8> sum{a, b, c, d, e, f, g, h};
    for (std::size_t i = 0; i < 8; ++i) {
        state_[i] += sum[i];
    }
}

Bytes Sha256::save() const {
    Bytes saved;
    for (const auto word : state_) {
        store(saved, word);
    }
    store(saved, length_);
    append(saved, buffer_);
    return saved;
}

Sha256 Sha256::restore(ByteView saved) {
    Sha256 hash;
    for (std::size_t i = 0; i < 8; ++i) {
        hash.state_[i] = load(saved.data() + 4 * i);
    }
    hash.length_ = static_cast<std::uint64_t>(load(saved.data() + 32)) << 32U | load(saved.data() + 36);
    std::copy_n(saved.begin() + 40, 64, hash.buffer_.begin());
    return hash;
}

Sha256::Digest Sha256::of(ByteView message) {
    Sha256 hash;
    hash.update(message);
    return hash.finish();
}

}  // namespace trustx::sim
