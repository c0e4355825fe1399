// SPDX-License-Identifier: Apache-2.0
#include "dtls_chip.hpp"

#include "host.hpp"
#include "model/chip/factory.hpp"

#include <stdexcept>

#include <spdlog/sinks/null_sink.h>

namespace trustx::test {

namespace {

sim::ChipState factory_state() {
    sim::Crypto crypto{1};
    return sim::make_chip(*sim::find_profile("C"), crypto);
}

}  // namespace

PlainChip::PlainChip(sim::dtls::Decisions decisions, sim::Crypto::Random random)
    : log_{"silent", std::make_shared<spdlog::sinks::null_sink_mt>()},
      crypto_{random
                  ? std::move(random)
                  : [source = std::make_shared<sim::Crypto>(7)](std::size_t count) { return source->random(count); }},
      application_{
          std::make_unique<sim::Application>(factory_state(), nvm_, crypto_, counters, log_, std::move(decisions))} {
    if (apdu(open_command) != "00000000") {
        throw std::runtime_error("OpenApplication failed");
    }
}

std::string PlainChip::apdu(const std::string& hex) {
    return to_hex(application_->execute(from_hex(hex), now));
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
