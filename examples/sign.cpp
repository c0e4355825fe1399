// SPDX-License-Identifier: Apache-2.0
// Signs a message with a key of the chip.
//
// usage: sign SLOT MESSAGE        for example: sign E0F1 "pump 7 is on" | xxd -r -p >signature.der
#include <trustx/device.hpp>
#include <trustx/settings.hpp>

#include <cstdio>
#include <string_view>

namespace {

trustx::Result<trustx::Signature> sign(trustx::ObjectId slot, std::string_view message) {
    const auto settings = trustx::resolve_settings({});
    if (!settings) {
        return settings.failure();
    }
    const auto device = trustx::Device::open(settings->address, settings->options);
    const trustx::Bytes bytes{message.begin(), message.end()};
    // One command each, under the lock: no other process uses the chip in between.
    auto chip = device->lock();
    if (!chip) {
        return chip.failure();
    }
    const auto hashed = chip->run(trustx::CalcHash{.data = bytes});
    if (!hashed) {
        return hashed.failure();
    }
    return chip->run(trustx::CalcSign{.key = slot, .digest = hashed->digest});
}

}  // namespace

int main(int argc, char** argv) {
    const auto slot = argc == 3 ? trustx::ObjectId::parse(argv[1]) : trustx::ObjectId::parse("");
    if (!slot) {
        std::fputs("usage: sign SLOT MESSAGE\n", stderr);
        return 2;
    }
    const auto signature = sign(*slot, argv[2]);
    if (!signature) {
        std::fprintf(stderr, "sign: %s\n", signature.error().message().c_str());
        return 1;
    }
    std::puts(trustx::to_hex(signature->der()).c_str());
    return 0;
}
