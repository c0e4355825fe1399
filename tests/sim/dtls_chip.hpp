// SPDX-License-Identifier: Apache-2.0
// The simulated chip without its bus, for tests of its DTLS client: APDUs in, APDUs out.
#pragma once

#include "model/command/application.hpp"
#include "support/golden.hpp"

#include <string>

#include <spdlog/spdlog.h>

namespace trustx::test {

// PlainChip is a new chip of profile C whose application is open.
class PlainChip {
 public:
    // random replaces the chip's random numbers once the chip was made.
    explicit PlainChip(sim::dtls::Decisions decisions = {}, sim::Crypto::Random random = {});
    PlainChip(const PlainChip&) = delete;
    PlainChip& operator=(const PlainChip&) = delete;

    std::string apdu(const std::string& hex);
    // error runs a command that must fail and returns the code in F1C2, which that clears.
    std::string error(const std::string& hex);
    // put fills an object, as the factory would.
    void put(sim::ObjectId id, sim::Bytes content);
    void put_key(sim::ObjectId id, sim::Curve curve, std::uint8_t usage, const sim::Bytes& scalar);

    [[nodiscard]] const sim::ChipState& state() const { return application().chip(); }
    [[nodiscard]] sim::Application& application() const { return *application_; }

    sim::Time now = std::chrono::hours{1};
    sim::Counters counters;

 private:
    spdlog::logger log_;
    sim::MemoryNvm nvm_;
    sim::Crypto crypto_;
    std::unique_ptr<sim::Application> application_;
};

}  // namespace trustx::test
