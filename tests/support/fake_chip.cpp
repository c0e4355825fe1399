// SPDX-License-Identifier: Apache-2.0
#include "support/fake_chip.hpp"

#include "common/files/input_error.hpp"

namespace trustx::test {
namespace {

tl::unexpected<Error> gone() {
    return fail(Errc::no_chip, "the chip does not answer");
}

template <class T>
Result<T> unless_lost(const Trap& trap, T value) {
    return trap.leave() ? Result<T>{gone()} : Result<T>{std::move(value)};
}

}  // namespace

Result<Uid> FakeChip::uid() {
    return trap_.enter("chip uid") ? Result<Uid>{gone()} : unless_lost(trap_, identity);
}

Result<std::optional<Curve>> FakeChip::curve_in(ObjectId slot) {
    if (trap_.enter("chip curve_in")) {
        return gone();
    }
    const auto key = keys.find(slot);
    return unless_lost(trap_, key == keys.end() ? std::optional<Curve>{} : key->second.public_key().curve);
}

Result<PublicKey> FakeChip::generate(ObjectId slot, Curve curve, KeyUsage /*usage*/) {
    if (trap_.enter("chip generate")) {
        return gone();
    }
    if (keys.contains(slot)) {
        return fail(InputErrc::refused, "there is a key");
    }
    ++keys_made;
    const auto& key = keys.try_emplace(slot, curve).first->second;
    return unless_lost(trap_, key.public_key());
}

Result<PublicKey> FakeChip::regenerate(ObjectId slot, Curve curve, KeyUsage /*usage*/) {
    if (trap_.enter("chip regenerate")) {
        return gone();
    }
    ++keys_made;
    keys.erase(slot);
    const auto& key = keys.try_emplace(slot, curve).first->second;
    return unless_lost(trap_, key.public_key());
}

Result<PublicKey> FakeChip::public_key(ObjectId slot) {
    return trap_.enter("chip public_key") ? Result<PublicKey>{gone()} : unless_lost(trap_, keys.at(slot).public_key());
}

Result<Signature> FakeChip::sign(ObjectId slot, ByteView digest) {
    return trap_.enter("chip sign") ? Result<Signature>{gone()} : unless_lost(trap_, keys.at(slot).sign(digest));
}

Result<std::vector<Bytes>> FakeChip::certificates(ObjectId object) {
    return trap_.enter("chip certificates") ? Result<std::vector<Bytes>>{gone()} : unless_lost(trap_, objects[object]);
}

// In the middle of a write the object holds something that is no certificate, which reads as none.
Result<void> FakeChip::write_certificates(ObjectId object, const std::vector<Bytes>& certificates) {
    if (trap_.enter("chip write_certificates")) {
        return gone();
    }
    objects[object].clear();
    if (trap_.leave() || trap_.enter("chip write_certificates, half way")) {
        return gone();
    }
    objects[object] = certificates;
    return trap_.leave() ? Result<void>{gone()} : Result<void>{};
}

}  // namespace trustx::test
