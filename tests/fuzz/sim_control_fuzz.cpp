// SPDX-License-Identifier: Apache-2.0
// The simulator's control socket: every request gets one line of JSON that says whether it went well.
#include "fuzz_input.hpp"
#include "server/control.hpp"

#include <nlohmann/json.hpp>

using namespace trustx::sim;
using trustx::test::expect;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static SteppedClock clock;
    static const auto chip = SimulatedChip::create({}, std::make_unique<MemoryNvm>(), clock).value();
    Control control{*chip, clock};
    const auto answer = control.answer(std::string{trustx::test::text_of({data, size})});
    expect(!answer.empty() && answer.find('\n') == answer.size() - 1, "an answer is one line");
    const auto parsed = nlohmann::json::parse(answer, nullptr, false);
    expect(parsed.is_object() && parsed.contains(parsed.value("ok", false) ? "output" : "error"),
           "an answer has a result or an error");
    return 0;
}
