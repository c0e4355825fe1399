// SPDX-License-Identifier: Apache-2.0
#include "world.hpp"

#include <trustx/objects.hpp>

#include <stdexcept>

namespace trustx::test {
namespace {

std::unique_ptr<sim::SimulatedChip> make_chip(sim::ChipOptions options, const VirtualTime& time) {
    if (!options.seed) {
        options.seed = 1;
    }
    auto chip = sim::SimulatedChip::create(std::move(options), std::make_unique<sim::MemoryNvm>(), time.for_chip());
    if (!chip) {
        throw std::runtime_error(chip.error());
    }
    return std::move(*chip);
}

}  // namespace

World::World(sim::ChipOptions options, const DeviceOptions& device_options)
    : chip_{make_chip(std::move(options), time)} {
    auto bus = std::make_unique<ChipBus>(*chip_, time);
    bus_ = bus.get();
    device = Device::with_bus(std::move(bus), time, device_options);
}

void World::trust(const Identity& authority) {
    auto locked = device->lock();
    const auto written = write_object(*locked, object::trust_anchor_1, authority.der());
    if (!written) {
        throw std::runtime_error(written.error().message());
    }
}

std::uint64_t World::executed(const std::string& command) const {
    const auto& commands = chip_->counters().commands;
    const auto found = commands.find(command);
    return found == commands.end() ? 0 : found->second;
}

Bytes bytes_of(std::string_view text) {
    return {text.begin(), text.end()};
}

std::string text_of(ByteView bytes) {
    return {bytes.begin(), bytes.end()};
}

}  // namespace trustx::test
