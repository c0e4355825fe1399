// SPDX-License-Identifier: Apache-2.0
// The first signature of a process, which for many programs is the only one: one command, and no more transfers than it
// needs (docs/performance.md).
#include "support/catch.hpp"
#include "workbench.hpp"

using namespace trustx::test;

namespace {

// sign_once is a process that signs once.
void sign_once(const Bench& bench, const std::filesystem::path& key) {
    write_file(bench.path("digest"), std::string(32, 'd'));
    bench.must_openssl({"pkeyutl", "-sign", "-inkey", key.string(), "-in", "digest", "-out", "signature"});
}

}  // namespace

TEST_CASE("the first signature of a process is the only command", "[first]") {
    ChipBench chip;
    const auto key = chip.make_key("E0F1");
    for (int process = 0; process < 3; ++process) {
        chip.reset_counters();
        sign_once(chip.bench(), key);
        const auto stats = chip.stats();
        CAPTURE(stats.dump());
        CHECK(stats.at("commands") == nlohmann::json{{"CalcSign", 1}});
        CHECK(stats.at("private_key_uses") == 1);
        // An attach, and what a signature takes by itself.
        CHECK(stats.at("transfers") <= 16);
    }
}
