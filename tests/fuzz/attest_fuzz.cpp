// SPDX-License-Identifier: Apache-2.0
// What a gateway hands over: a token, its claims, the log of its start, the kernel's log; and files of golden values.
// The first byte says which.
#include "attest/base64.hpp"
#include "attest/firmware.hpp"
#include "attest/golden.hpp"
#include "attest/ima_log.hpp"
#include "attest/json.hpp"
#include "attest/token.hpp"
#include "attest/verification.hpp"
#include "attest/verity.hpp"
#include "fuzz_input.hpp"

using namespace trustx;
using namespace trustx::attest;
using test::expect;

namespace {

constexpr const char* a_start = "0f4a1c2e-8b7d-4e6f-9a3b-5c2d1e0f7a8b";

void check_ima_log(ByteView bytes) {
    if (const auto log = parse_ima_log(bytes)) {
        std::size_t without_digest = 0;
        for (const auto& entry : log->entries) {
            expect(!entry.path.empty(), "a file has a path");
            without_digest += entry.digest.empty() ? 1U : 0U;
        }
        expect(without_digest == log->violations, "a violation alone has no digest");
    }
}

void check_golden(std::string_view text) {
    if (const auto golden = parse_golden(text, "golden")) {
        const auto again = parse_golden(golden->text(), "golden");
        expect(again && again->components == golden->components && again->trees == golden->trees &&
                   again->ima_files == golden->ima_files,
               "golden values are written as they were read");
    }
}

void check_claims(std::string_view text) {
    const auto claims = read_json(text);
    if (!claims.is_object()) {
        return;
    }
    if (const auto evidence = evidence_of(claims, "evidence")) {
        const auto again = evidence_of(nlohmann::json::parse(claims_of(*evidence).dump()), "evidence");
        expect(again && again->components == evidence->components && again->log == evidence->log,
               "evidence says what it was made of");
    }
}

void check_log(std::string_view text) {
    std::vector<std::string> lines;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = std::min(text.find('\n', begin), text.size());
        lines.emplace_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    const auto log = parse_log(lines, a_start);
    expect(log.entries.size() == lines.size() || !log.broken.empty(), "a log is whole, or broken");
}

int depth_of(const nlohmann::json& json) {
    int deepest = 0;
    for (const auto& member : json.is_structured() ? json : nlohmann::json::array()) {
        deepest = std::max(deepest, depth_of(member));
    }
    return json.is_structured() ? deepest + 1 : 0;
}

void check_texts(std::string_view text) {
    if (const auto bytes = from_base64url(text)) {
        expect(to_base64url(*bytes) == text, "base64url has one text for one value");
    }
    if (const auto bytes = from_base64(text)) {
        expect(to_base64(*bytes) == text, "base64 has one text for one value");
    }
    const auto json = read_json(text);
    expect(json.is_discarded() || depth_of(json) <= deepest_json, "JSON is read to a depth that no copy of it exceeds");
    static_cast<void>(verity_in_tables(text));
    static_cast<void>(verity_in_command_line(text));
    static_cast<void>(rauc_version(text));
}

void check_token(std::string_view text) {
    if (const auto token = read_token(text, "token")) {
        static_cast<void>(verify(*token, "token", {}));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    test::Input input{data, size};
    const auto which = input.u8();
    const auto bytes = test::exactly(input.rest());
    const auto text = test::text_of(bytes);
    switch (which % 6) {
        case 0:
            check_ima_log(bytes);
            break;
        case 1:
            check_golden(text);
            break;
        case 2:
            check_claims(text);
            break;
        case 3:
            check_log(text);
            break;
        case 4:
            check_texts(text);
            break;
        default:
            check_token(text);
    }
    return 0;
}
