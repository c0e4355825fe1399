// SPDX-License-Identifier: Apache-2.0
#include "trace_costs.hpp"

#include <fstream>
#include <string>

#include <nlohmann/json.hpp>

namespace trustx::test {

TraceCosts costs_since(const std::filesystem::path& trace, std::uintmax_t offset, unsigned bus_khz) {
    TraceCosts costs;
    std::ifstream stream(trace);
    stream.seekg(static_cast<std::streamoff>(offset));
    for (std::string text; std::getline(stream, text);) {
        const auto line = nlohmann::json::parse(text);
        costs.transfers += line.at("transfers").get<std::int64_t>();
        costs.polls += line.at("polls").get<std::int64_t>();
        costs.naks += line.at("naks").get<std::int64_t>();
        if (line.at("event") == "apdu") {
            ++costs.exchanges;
            costs.least_bus += least_bus_time(line.at("sent"), line.at("received"), bus_khz);
        }
    }
    return costs;
}

}  // namespace trustx::test
