// SPDX-License-Identifier: Apache-2.0
// The kernel's log as a kernel wrote it (record-ima), and changed.
#include "attest/ima_log.hpp"

#include "common/files/input_error.hpp"
#include "support/build_tree.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <algorithm>

using namespace trustx;
using namespace trustx::attest;
using namespace trustx::test;

namespace {

Bytes recorded() {
    const auto text = read_file(source_directory() / "tests/attest/ima-recorded");
    return {text.begin(), text.end()};
}

std::size_t place_of(const Bytes& log, const std::string& text) {
    const auto found = std::search(log.begin(), log.end(), text.begin(), text.end());
    REQUIRE(found != log.end());
    return static_cast<std::size_t>(found - log.begin());
}

}  // namespace

// The values were computed by Python's hashlib from the kernel's other form, ascii_runtime_measurements.
TEST_CASE("a kernel's log gives its files, its digest and what a TPM would hold", "[attest]") {
    const auto log = parse_ima_log(recorded());
    REQUIRE(log);
    REQUIRE(log->entries.size() == 15);
    CHECK(log->violations == 0);
    CHECK(log->entries.front().path == "boot_aggregate");
    CHECK(log->entries[1].path == "/usr/bin/bash");
    CHECK(log->entries[1].digest == "sha256:25c34e130c601c5610c131710ce7fca96248d6e56bf99e39a3c74072a98db158");
    CHECK(log->entries.back().path == "/usr/bin/base64");
    CHECK(hex(log->digest) == "cb13bc23dd5d2757832a42129ab086a80fb615be5ed8e35c37362fde0e723528");
    CHECK(hex(log->aggregate_sha1) == "4f4a3b40c0376e8e771d80a070760b89fc4a9552");
    CHECK(hex(log->aggregate_sha256) == "ff38382b1e565840c37c733182493c320e889e3fa0eb582b4935b17ce8477066");
}

TEST_CASE("a change to an entry of the kernel's log does not fit its SHA-1", "[attest]") {
    auto log = recorded();
    log[place_of(log, "/usr/bin/bash")] = 'X';
    const auto changed = parse_ima_log(log);
    REQUIRE_FALSE(changed);
    CHECK(changed.error() == InputErrc::malformed);
    CHECK_THAT(changed.error().operation(), ContainsSubstring("entry 2") && ContainsSubstring("SHA-1"));
}

TEST_CASE("a kernel's log that is cut off anywhere is refused, or is shorter", "[attest]") {
    const auto whole = recorded();
    std::size_t shorter = 0;
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const auto log = parse_ima_log(ByteView{whole}.first(size));
        shorter += log ? 1U : 0U;
        CHECK((!log || log->aggregate_sha256 != parse_ima_log(whole)->aggregate_sha256));
    }
    CHECK(shorter == 15);  // at the end of each entry, and before the first
}

TEST_CASE("a violation has no digest, counts, and spoils what a TPM would hold", "[attest]") {
    auto log = recorded();
    const auto first = parse_ima_log(log);
    REQUIRE(first);
    std::fill_n(log.begin() + 4, 20, std::uint8_t{0});
    const auto violated = parse_ima_log(log);
    REQUIRE(violated);
    CHECK(violated->violations == 1);
    CHECK(violated->entries.front().digest.empty());
    CHECK(violated->aggregate_sha1 != first->aggregate_sha1);
    CHECK(violated->aggregate_sha256 != first->aggregate_sha256);
}
