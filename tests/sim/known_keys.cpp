// SPDX-License-Identifier: Apache-2.0
#include "known_keys.hpp"

#include "model/chip/factory.hpp"
#include "model/chip/state_image.hpp"
#include "support/golden.hpp"

namespace trustx::test {

std::unique_ptr<sim::Nvm> chip_with(const std::vector<KnownKey>& keys) {
    sim::Crypto crypto(1);
    sim::ChipState state = sim::make_chip(*sim::find_profile("C"), crypto);
    for (const auto& key : keys) {
        sim::Object& object = state.objects.at(key.id);
        object.metadata.algorithm = static_cast<std::uint8_t>(key.curve);
        object.metadata.key_usage = key.usage;
        object.content = from_hex(key.scalar);
    }
    return std::make_unique<sim::MemoryNvm>(sim::encode_image(state));
}

}  // namespace trustx::test
