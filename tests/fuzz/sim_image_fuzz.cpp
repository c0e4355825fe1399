// SPDX-License-Identifier: Apache-2.0
// The simulator's memory file: foreign, damaged or older, it is refused with a phrase or read as it was written.
#include "fuzz_input.hpp"
#include "model/chip/state_image.hpp"
#include "model/crypto/sha256.hpp"

#include <nlohmann/json.hpp>

using namespace trustx::sim;
using nlohmann::json;
using trustx::test::expect;

namespace {

void check(const std::string& text) {
    const auto state = decode_image(text);
    if (!state) {
        expect(!state.error().empty(), "a refusal says why");
        return;
    }
    const auto again = decode_image(encode_image(*state));
    expect(again.has_value() && *again == *state, "a chip survives its image");
}

// sealed puts a chip into an image whose checksum fits, which mutation alone would not hit.
std::string sealed(const json& chip) {
    return json{{"format", "trustx-sim nvm"},
                {"version", 1},
                {"sha256", to_hex(Sha256::of(to_bytes(chip.dump())))},
                {"chip", chip}}
        .dump();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text{trustx::test::text_of({data, size})};
    check(text);
    const json chip = json::parse(text, nullptr, false);
    if (!chip.is_discarded()) {
        check(sealed(chip));
    }
    return 0;
}
