// SPDX-License-Identifier: Apache-2.0
// The recorded handshake of tests/golden/dtls_handshake.json, and the chip that can repeat it: its keys and
// certificates, and the random numbers that it drew.
#pragma once

#include "dtls_chip.hpp"

#include <nlohmann/json.hpp>

namespace trustx::test {

// field is hexadecimal in a recording.
sim::Bytes field(const nlohmann::json& object, const char* name);

class Recording {
 public:
    explicit Recording(nlohmann::json recorded);

    // random yields the random numbers, once, and then any. This outlives it; each begins again.
    [[nodiscard]] sim::Crypto::Random random();
    [[nodiscard]] bool all_drawn() const { return drawn_ == random_.size(); }
    // prepare puts into a chip what the recorded one had.
    void prepare(PlainChip& chip) const;

    [[nodiscard]] std::size_t size() const { return apdus.size(); }
    [[nodiscard]] std::string command(std::size_t number) const;
    [[nodiscard]] std::string answer(std::size_t number) const;

    const nlohmann::json run;
    const nlohmann::json& apdus = run.at("apdus");

 private:
    sim::Bytes random_;
    std::size_t drawn_ = 0;
};

}  // namespace trustx::test
