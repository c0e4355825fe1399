// SPDX-License-Identifier: Apache-2.0
#include "fixture.hpp"

#include <trustx/objects.hpp>

#include <stdexcept>

namespace trustx::test {
namespace {

// SharedNvm keeps the image after the chip was destroyed.
class SharedNvm final : public sim::Nvm {
 public:
    explicit SharedNvm(std::string& image) : image_{image} {}
    [[nodiscard]] std::optional<std::string> image() const override {
        return image_.empty() ? std::nullopt : std::optional{image_};
    }
    [[nodiscard]] sim::Result<void> replace(const std::string& image) override {
        image_ = image;
        return {};
    }
    [[nodiscard]] std::string name() const override { return "the image of the sweep"; }

 private:
    std::string& image_;
};

constexpr std::uint64_t seed = 20'240'229;
constexpr std::uint32_t scl_khz = 400;

std::unique_ptr<sim::SimulatedChip> make_chip(std::unique_ptr<sim::Nvm> nvm, sim::AcknowledgeStyle acknowledge,
                                              const VirtualTime& time) {
    sim::ChipOptions options;
    options.seed = seed;
    options.timing = sim::Timing::typical(scl_khz);
    options.acknowledge = acknowledge;
    auto chip = sim::SimulatedChip::create(std::move(options), std::move(nvm), time.for_chip());
    if (!chip) {
        throw std::runtime_error(chip.error());
    }
    return std::move(*chip);
}

template <class T>
T sure(Result<T> result) {
    if (!result) {
        throw std::runtime_error("the chip cannot be prepared: " + result.error().message());
    }
    if constexpr (!std::is_void_v<T>) {
        return *std::move(result);
    }
}

Bytes pattern(std::size_t size, std::uint8_t seed_byte) {
    Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i) {
        bytes[i] = static_cast<std::uint8_t>(i * 7 + i / 256 + seed_byte);
    }
    return bytes;
}

}  // namespace

Prepared prepare() {
    Prepared prepared;
    VirtualTime time;
    const auto chip = make_chip(std::make_unique<SharedNvm>(prepared.image), sim::AcknowledgeStyle::automatic, time);
    const auto device = Device::with_bus(std::make_unique<ChipBus>(*chip, time), time, {});
    auto locked = sure(device->lock());
    const auto usage = KeyUsage::authentication | KeyUsage::sign;
    prepared.key_p256 = sure(locked.run(GenKeyPair{.key = ObjectId{0xE0F1}, .curve = Curve::p256, .usage = usage}));
    prepared.key_p384 = sure(locked.run(GenKeyPair{.key = ObjectId{0xE0F2}, .curve = Curve::p384, .usage = usage}));
    prepared.large_content = pattern(1500, 0x11);
    sure(write_object(locked, ObjectId{0xF1E0}, prepared.large_content));
    prepared.certificate_content = pattern(1728, 0x22);
    sure(write_object(locked, ObjectId{0xE0E1}, prepared.certificate_content));
    if (!chip->flush()) {
        throw std::runtime_error("the chip cannot be stored");
    }
    return prepared;
}

Fixture::Fixture(const std::string& image, sim::AcknowledgeStyle acknowledge)
    : chip{make_chip(std::make_unique<sim::MemoryNvm>(image), acknowledge, time)} {
    auto faulty = std::make_unique<FaultyBus>(*chip, time);
    bus = faulty.get();
    DeviceOptions options;
    options.command_timeout = time_limit;
    device = Device::with_bus(std::move(faulty), time, options);
}

std::uint64_t Fixture::executed(const std::string& command) const {
    const auto& commands = chip->counters().commands;
    const auto found = commands.find(command);
    return found == commands.end() ? 0 : found->second;
}

}  // namespace trustx::test
