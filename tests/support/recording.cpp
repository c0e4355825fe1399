// SPDX-License-Identifier: Apache-2.0
#include "support/recording.hpp"

#include "ifx_i2c/frame.hpp"
#include "support/golden.hpp"

#include <cstdint>
#include <fstream>
#include <istream>
#include <stdexcept>

namespace trustx::test {
namespace {

using Outcome = RecordedTransfer::Outcome;

constexpr std::uint8_t reg_data = 0x80;

std::chrono::microseconds time_of(const nlohmann::json& json) {
    constexpr double longest = 1e12;  // eleven days
    const auto microseconds = json.at("t_us").get<double>();
    if (!(microseconds >= 0 && microseconds <= longest)) {
        throw std::runtime_error{"no recording lasts until " + json.at("t_us").dump() + " us"};
    }
    return std::chrono::microseconds{static_cast<std::int64_t>(microseconds)};
}

RecordedTransfer parse(const nlohmann::json& json) {
    RecordedTransfer transfer{
        .start = time_of(json), .write = json.at("dir") == "W", .outcome = Outcome::done, .data = {}};
    if (!json.at("ack").get<bool>()) {
        transfer.outcome = Outcome::nak;
    } else if (json.contains("error")) {
        transfer.outcome = Outcome::failed;
    } else {
        transfer.data = from_hex(json.at("data").get<std::string>());
    }
    return transfer;
}

// collect_apdus reads the data frames of both sides; frames sent again are taken once.
void collect_apdus(Recording& recording) {
    std::uint8_t pointer = 0;
    int last_number[2] = {-1, -1};
    for (const auto& transfer : recording.transfers) {
        if (transfer.outcome != Outcome::done || transfer.data.empty()) {
            continue;
        }
        if (transfer.write) {
            pointer = transfer.data.front();
        }
        const auto bytes = ByteView{transfer.data}.subspan(transfer.write ? 1 : 0);
        const auto frame = pointer == reg_data ? ifx_i2c::parse_frame(bytes) : std::nullopt;
        if (!frame) {
            continue;
        }
        auto& last = last_number[transfer.write ? 0 : 1];
        if (frame->control) {
            if (frame->sequence == ifx_i2c::Sequence::resync) {
                last_number[0] = last_number[1] = -1;
            }
            continue;
        }
        if (last == frame->number) {
            continue;
        }
        last = frame->number;
        auto& apdus = transfer.write ? recording.commands : recording.answers;
        if (frame->packet[0] <= 1) {  // whole or first of a chain
            apdus.emplace_back();
        } else if (apdus.empty()) {
            throw std::runtime_error{"the recording begins in the middle of an APDU"};
        }
        apdus.back().insert(apdus.back().end(), frame->packet.begin() + 1, frame->packet.end());
    }
}

}  // namespace

Recording Recording::of(const nlohmann::json& golden) {
    Recording recording;
    for (const auto& transaction : golden.at("transactions")) {
        recording.transfers.push_back(parse(transaction));
    }
    collect_apdus(recording);
    return recording;
}

Recording Recording::read(std::istream& lines, const std::string& name) try {
    Recording recording;
    bool begun = false;
    bool ended = false;
    std::size_t resets = 0;  // which a bus that is replayed does not know
    for (std::string line; std::getline(lines, line);) {
        const auto json = nlohmann::json::parse(line);
        if (json.contains("recording")) {
            begun = true;
        } else if (json.contains("end")) {
            ended = json.at("end") == recording.transfers.size() + resets;
        } else if (json.at("dir") == "reset") {
            ++resets;
        } else {
            recording.transfers.push_back(parse(json));
        }
    }
    if (!begun || !ended) {
        throw std::runtime_error{"without its beginning or its end"};
    }
    collect_apdus(recording);
    return recording;
} catch (const std::exception& error) {
    throw std::runtime_error{name + " is not a complete recording: " + error.what()};
}

Recording Recording::load(const std::filesystem::path& file) {
    std::ifstream stream{file};
    return read(stream, file.string());
}

}  // namespace trustx::test
