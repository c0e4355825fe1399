// SPDX-License-Identifier: Apache-2.0
#include "self_test.hpp"

#include "key.hpp"
#include "signature.hpp"

#include <algorithm>

namespace trustx::provider {
namespace {

// RFC 6979 section A.2.5: P-256, SHA-256, message "sample".
constexpr std::array<std::uint8_t, 65> known_point{
    0x04, 0x60, 0xFE, 0xD4, 0xBA, 0x25, 0x5A, 0x9D, 0x31, 0xC9, 0x61, 0xEB, 0x74, 0xC6, 0x35, 0x6D, 0x68,
    0xC0, 0x49, 0xB8, 0x92, 0x3B, 0x61, 0xFA, 0x6C, 0xE6, 0x69, 0x62, 0x2E, 0x60, 0xF2, 0x9F, 0xB6, 0x79,
    0x03, 0xFE, 0x10, 0x08, 0xB8, 0xBC, 0x99, 0xA4, 0x1A, 0xE9, 0xE9, 0x56, 0x28, 0xBC, 0x64, 0xF2, 0xF1,
    0xB2, 0x0C, 0x2D, 0x7E, 0x9F, 0x51, 0x77, 0xA3, 0xC2, 0x94, 0xD4, 0x46, 0x22, 0x99};
constexpr std::array<std::uint8_t, 32> known_r{0xEF, 0xD4, 0x8B, 0x2A, 0xAC, 0xB6, 0xA8, 0xFD, 0x11, 0x40, 0xDD,
                                               0x9C, 0xD4, 0x5E, 0x81, 0xD6, 0x9D, 0x2C, 0x87, 0x7B, 0x56, 0xAA,
                                               0xF9, 0x91, 0xC3, 0x4D, 0x0E, 0xA8, 0x4E, 0xAF, 0x37, 0x16};
constexpr std::array<std::uint8_t, 32> known_s{0xF7, 0xCB, 0x1C, 0x94, 0x2D, 0x65, 0x7C, 0x41, 0xD4, 0x36, 0xC7,
                                               0xA1, 0xB6, 0xE2, 0x9F, 0x65, 0xF3, 0xE9, 0x00, 0xDB, 0xB9, 0xAF,
                                               0xF4, 0x06, 0x4D, 0xC4, 0xAB, 0x2F, 0x84, 0x3A, 0xCD, 0xA8};
constexpr std::array<std::uint8_t, 6> known_message{'s', 'a', 'm', 'p', 'l', 'e'};

Outcome<int> verify(ProviderContext& context, Key& key, ByteView signature) {
    Signing signing{context};
    TRYV(signing.begin_message(Signing::Operation::verify, &key, "SHA256", nullptr));
    TRYV(signing.update(known_message));
    return signing.verify_message(signature);
}

Outcome<void> test_software(ProviderContext& context) {
    TRY(const auto key,
        Key::from_public_key(context,
                             PublicKey{.curve = Curve::p256, .point = Bytes(known_point.begin(), known_point.end())}));
    const Signature known{.r = Bytes(known_r.begin(), known_r.end()), .s = Bytes(known_s.begin(), known_s.end())};
    Signature changed = known;
    changed.s.back() ^= 1;
    TRY(const auto right, verify(context, *key, known.der()));
    TRY(const auto wrong, verify(context, *key, changed.der()));
    if (right != 1 || wrong == 1) {
        return fail(Reason::self_test_failed, "verify the known signature of RFC 6979 section A.2.5");
    }
    return {};
}

Outcome<void> test_chip(Chip& chip) {
    chip.suspect();  // read the UID from the chip, not from memory
    TRYV(chip.uid());
    TRY(const auto first, chip.run(GetRandom{.length = 32}));
    TRY(const auto second, chip.run(GetRandom{.length = 32}));
    if (first == second) {
        return fail(Reason::self_test_failed, "GetRandom gave the same 32 bytes twice");
    }
    return {};
}

}  // namespace

Outcome<void> self_test(ProviderContext& context) {
    TRYV(test_software(context));
    TRY(const auto chip, context.chips().find(""));
    return test_chip(*chip);
}

}  // namespace trustx::provider
