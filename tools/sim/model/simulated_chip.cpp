// SPDX-License-Identifier: Apache-2.0
// Assembles a chip: memory, application, its side of the bus, and the faults in between.
#include "model/simulated_chip.hpp"

#include "common/try.hpp"
#include "model/chip/factory.hpp"
#include "model/chip/state_image.hpp"
#include "model/command/application.hpp"
#include "model/faults/faulty_bus.hpp"
#include "model/ifx_i2c/chip_target.hpp"

#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>

namespace trustx::sim {

namespace {

Result<ChipState> existing_chip(const std::string& image, const Nvm& nvm, const std::string& profile,
                                const Bytes& uid) {
    auto state = decode_image(image);
    if (!state) {
        return fail(nvm.name() + " " + state.error() + ". It was left as it is; name another file or move it away");
    }
    if (!profile.empty() && profile != state->profile) {
        return fail(nvm.name() + " holds a chip of profile " + state->profile + ", not " + profile +
                    "; leave the profile out or name another file");
    }
    if (!uid.empty() && uid != state->objects[ObjectId::uid].content) {
        return fail(nvm.name() + " holds a chip with the UID " + to_hex(state->objects[ObjectId::uid].content) +
                    "; leave --uid out or name another file");
    }
    return state;
}

Result<ChipState> new_chip(Nvm& nvm, const std::string& profile_name, const Bytes& uid, Crypto& crypto) {
    const Profile* profile = find_profile(profile_name.empty() ? default_profile : profile_name);
    if (profile == nullptr) {
        return fail("there is no profile \"" + profile_name + "\"; the profiles are A, B and C");
    }
    ChipState state = make_chip(*profile, crypto);
    if (!uid.empty()) {
        state.objects[ObjectId::uid].content = uid;
    }
    TRYV(nvm.replace(encode_image(state)));
    return state;
}

}  // namespace

// Declared in the order in which they need each other.
class SimulatedChip::Parts {
 public:
    Parts(ChipOptions options, std::unique_ptr<Nvm> memory, std::unique_ptr<Crypto> generator, ChipState state,
          const Clock& real_clock)
        : log{std::move(options.log)},
          nvm{std::move(memory)},
          crypto{std::move(generator)},
          timing{options.timing},
          clock{real_clock},
          faults{options.seed ? *options.seed : std::random_device()(), counters},
          application{std::move(state), *nvm, *crypto, counters, *log, std::move(options.dtls)},
          target{application, timing, options.acknowledge, faults, clock, counters},
          bus{target, clock, faults, timing, counters} {}

    std::shared_ptr<spdlog::logger> log;
    std::unique_ptr<Nvm> nvm;
    std::unique_ptr<Crypto> crypto;
    Counters counters;
    Timing timing;
    ShiftedClock clock;
    Faults faults;
    Application application;
    ChipTarget target;
    FaultyBus bus;
};

Result<std::unique_ptr<SimulatedChip>> SimulatedChip::create(ChipOptions options, std::unique_ptr<Nvm> nvm,
                                                             const Clock& clock) {
    if (!options.log) {
        options.log = std::make_shared<spdlog::logger>("silent", std::make_shared<spdlog::sinks::null_sink_st>());
    }
    auto crypto = std::make_unique<Crypto>(options.seed);
    const auto image = nvm->image();
    TRY(auto state, image ? existing_chip(*image, *nvm, options.profile, options.uid)
                          : new_chip(*nvm, options.profile, options.uid, *crypto));
    auto parts =
        std::make_unique<Parts>(std::move(options), std::move(nvm), std::move(crypto), std::move(state), clock);
    return std::unique_ptr<SimulatedChip>(new SimulatedChip(std::move(parts)));
}

SimulatedChip::SimulatedChip(std::unique_ptr<Parts> parts) : parts_{std::move(parts)} {}
SimulatedChip::~SimulatedChip() = default;

Transfer SimulatedChip::write(std::uint8_t address, ByteView bytes) {
    return parts_->bus.write(address, bytes);
}

Transfer SimulatedChip::read(std::uint8_t address, std::span<std::uint8_t> bytes) {
    return parts_->bus.read(address, bytes);
}

Duration SimulatedChip::pulse_reset() {
    return parts_->bus.pulse_reset();
}

Duration SimulatedChip::power_cycle() {
    return parts_->bus.power_cycle();
}

bool SimulatedChip::flush() {
    parts_->target.advance();
    return parts_->application.flush();
}

const Counters& SimulatedChip::counters() const {
    return parts_->counters;
}

void SimulatedChip::reset_counters() {
    parts_->counters = Counters{};
}

Faults& SimulatedChip::faults() {
    return parts_->faults;
}

bool SimulatedChip::set_scl(std::uint32_t khz) {
    if (!parts_->timing.realistic) {
        return false;
    }
    parts_->timing.scl_khz = khz;
    return true;
}

std::uint32_t SimulatedChip::scl_khz() const {
    return parts_->timing.scl_khz;
}

std::uint32_t SimulatedChip::max_scl_khz() const {
    return parts_->target.max_scl_khz();
}

void SimulatedChip::set_security_event_counter(std::uint8_t value) {
    parts_->target.advance();
    parts_->application.set_security_event_counter(value);
}

std::uint8_t SimulatedChip::security_event_counter() {
    parts_->target.advance();
    return parts_->application.chip().byte(ObjectId::security_event_counter);
}

int SimulatedChip::credit() {
    parts_->target.advance();
    return parts_->application.credit();
}

std::uint8_t SimulatedChip::address() const {
    return parts_->target.address();
}

std::string SimulatedChip::profile() const {
    return parts_->application.chip().profile;
}

Bytes SimulatedChip::ca_certificate() const {
    return parts_->application.chip().ca_certificate;
}

}  // namespace trustx::sim
