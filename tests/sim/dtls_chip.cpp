// SPDX-License-Identifier: Apache-2.0
#include "dtls_chip.hpp"

#include "host.hpp"
#include "model/chip/factory.hpp"
#include "model/crypto/sha256.hpp"

#include <stdexcept>

#include <spdlog/sinks/null_sink.h>

namespace trustx::test {

namespace {

// What all chips share: a key pair takes longer than most tests.
const sim::ChipState& factory_state() {
    static const sim::ChipState state = [] {
        sim::Crypto crypto{1};
        return sim::make_chip(*sim::find_profile("C"), crypto);
    }();
    return state;
}

}  // namespace

sim::Crypto::Random any_random() {
    return [number = 0U](std::size_t count) mutable {
        sim::Bytes bytes;
        while (bytes.size() < count) {
            sim::Bytes block;
            sim::append_u16(block, number++);
            sim::append(bytes, sim::Sha256::of(block));
        }
        bytes.resize(count);
        return bytes;
    };
}

PlainChip::PlainChip(sim::dtls::Decisions decisions, sim::Crypto::Random random)
    : log_{"silent", std::make_shared<spdlog::sinks::null_sink_mt>()},
      crypto_{std::move(random)},
      application_{
          std::make_unique<sim::Application>(factory_state(), nvm_, crypto_, counters, log_, std::move(decisions))} {
    if (apdu(open_command) != "00000000") {
        throw std::runtime_error("OpenApplication failed");
    }
}

std::string PlainChip::apdu(const std::string& hex) {
    return sim::to_hex(application_->execute(sim::from_hex(hex).value(), now));
}

std::string PlainChip::error(const std::string& hex) {
    const std::string response = apdu(hex);
    return response == "FF000000" ? apdu("01000002F1C2").substr(8) : "no error but " + response;
}

void PlainChip::put(sim::ObjectId id, sim::Bytes content) {
    application_->change([&](sim::ChipState& state) { state.objects.at(id).content = std::move(content); });
}

void PlainChip::put_key(sim::ObjectId id, sim::Curve curve, std::uint8_t usage, const sim::Bytes& scalar) {
    application_->change([&](sim::ChipState& state) {
        sim::Object& object = state.objects.at(id);
        object.metadata.algorithm = static_cast<std::uint8_t>(curve);
        object.metadata.key_usage = usage;
        object.content = scalar;
    });
}

}  // namespace trustx::test
