// SPDX-License-Identifier: Apache-2.0
#include "bench.hpp"

#include "support/build_tree.hpp"
#include "support/temp_dir.hpp"

#include <algorithm>
#include <stdexcept>

namespace trustx::test {

Bench::Bench(std::unique_ptr<sim::Nvm> nvm) {
    sim::ChipOptions options;
    options.seed = 1;
    auto made = sim::SimulatedChip::create(std::move(options), std::move(nvm), time.for_chip());
    if (!made) {
        throw std::runtime_error(made.error());
    }
    chip = std::move(*made);
    device = Device::with_bus(std::make_unique<ChipBus>(*chip, time), time, {});
}

nlohmann::json vectors_of(const std::string& name) {
    const auto path = source_directory() / "tests" / "vectors" / "data" / (name + ".json");
    return nlohmann::json::parse(read_file(path)).at("vectors");
}

Bytes bytes_of(const nlohmann::json& vector, const char* field) {
    return from_hex(vector.at(field).get<std::string>());
}

Bytes number_of(const nlohmann::json& vector, const char* field) {
    auto digits = vector.at(field).get<std::string>();
    digits.insert(0, digits.size() % 2, '0');
    Bytes bytes = from_hex(digits);
    bytes.erase(bytes.begin(), std::find_if(bytes.begin(), bytes.end(), [](auto byte) { return byte != 0; }));
    return bytes;
}

Curve curve_of(const nlohmann::json& vector) {
    return vector.at("curve") == "P-256" ? Curve::p256 : Curve::p384;
}

Bytes sha256_on(Bench& bench, ByteView message) {
    using Sequence = CalcHash::Sequence;
    constexpr std::size_t part = 500;
    auto locked = bench.device->lock().value();
    bool first = true;
    for (;;) {
        const ByteView now = message.first(std::min(part, message.size()));
        message = message.subspan(now.size());
        const bool last = message.empty();
        const Sequence sequence =
            first ? (last ? Sequence::start_final : Sequence::start) : (last ? Sequence::final : Sequence::proceed);
        auto response = locked.run(CalcHash{.sequence = sequence, .data = now});
        if (last || !response) {
            return response.value().digest;
        }
        first = false;
    }
}

}  // namespace trustx::test
