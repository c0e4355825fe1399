// SPDX-License-Identifier: Apache-2.0
// The files that gateways and operators exchange: whoever carries them can put anything into them.
#include "aws/fleet/messages.hpp"
#include "common/files/input_error.hpp"
#include "fuzz_input.hpp"
#include "pki/request.hpp"

using namespace trustx;
using test::expect;

namespace {

void check_error(const Error& error) {
    expect(error == InputErrc::malformed, "what cannot be read is malformed");
    expect(error.operation().find("input") != std::string::npos, "an error names the file");
}

void check_request(std::string_view text) {
    const auto received = aws::parse_request(text, "input");
    if (!received) {
        check_error(received.error());
        return;
    }
    expect(aws::kind_of(text) == aws::MessageKind::request, "a request is known as one");
    expect(received->request.thing.size() <= 128 && received->request.chip.size() == 54, "names are bounded");
    expect(paired_certificate(received->request.slot).has_value(), "a slot is one");
}

void check_answer(std::string_view text) {
    const auto answer = aws::parse_answer(text, "input");
    if (!answer) {
        check_error(answer.error());
        return;
    }
    const auto again = aws::parse_answer(aws::answer_text(*answer), "input");
    expect(again && *again == *answer, "an answer survives being written");
}

void check_proof(std::string_view text) {
    const auto proof = aws::parse_proof(text, "input");
    if (!proof) {
        check_error(proof.error());
        return;
    }
    const auto again = aws::parse_proof(aws::proof_text(*proof), "input");
    expect(again && again->message == proof->message && again->signature == proof->signature,
           "a proof survives being written");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text{test::text_of({data, size})};
    check_request(text);
    check_answer(text);
    check_proof(text);
    return 0;
}
