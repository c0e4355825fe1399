// SPDX-License-Identifier: Apache-2.0
// The simulated chip without its bus, for tests of its DTLS client: APDUs in, APDUs out.
#pragma once

#include "model/command/application.hpp"
#include "model/nvm/nvm.hpp"

#include <string>

#include <spdlog/spdlog.h>

namespace trustx::test {

// any_random yields the same numbers each time.
sim::Crypto::Random any_random();

// PlainChip is a new chip of profile C whose application is open.
class PlainChip {
 public:
    // random is where its random numbers come from once it was made.
    explicit PlainChip(sim::dtls::Decisions decisions = {}, sim::Crypto::Random random = any_random());
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
