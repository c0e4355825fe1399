// SPDX-License-Identifier: Apache-2.0
// A recorded session with a chip: of a real one from a logic analyser (tests/golden), or made by `trustx --record`.
#pragma once

#include <trustx/bytes.hpp>

#include <chrono>
#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace trustx::test {

struct RecordedTransfer {
    enum class Outcome { done, nak, failed };

    std::chrono::microseconds start;
    bool write;
    Outcome outcome;
    Bytes data;  // written or read; the first byte of a write is the register
};

// Recording is what happened on the bus, and the commands and answers that this amounts to.
struct Recording {
    std::vector<RecordedTransfer> transfers;
    // The APDUs in their order, put together from the packets of both sides.
    std::vector<Bytes> commands;
    std::vector<Bytes> answers;

    // of takes a golden bus trace; read and load what `trustx --record` wrote, of which `name` is for messages. All
    // throw std::runtime_error for anything else, and for a recording without its end.
    static Recording of(const nlohmann::json& golden);
    static Recording read(std::istream& lines, const std::string& name);
    static Recording load(const std::filesystem::path& file);
};

}  // namespace trustx::test
