// SPDX-License-Identifier: Apache-2.0
// What the chip does in one handshake at each level, with unmodified programs: in every run those combinations in which
// each two values meet, and all of them by tests/consumers/tls-levels.
#include "tls_levels.hpp"

#include "support/catch.hpp"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace trustx::test;

namespace {

// check_handshakes makes those of the choices whose keys are on the curve. With one host, for its keys cost time.
void check_handshakes(const std::vector<Choice>& choices, const std::string& curve) {
    const Host host{curve};
    int made = 0;
    for (const auto& choice : choices) {
        const auto combination = combination_of(choice);
        if (combination.curve != curve) {
            continue;
        }
        INFO(name_of(combination));
        static_cast<void>(host.counters());
        const auto said = shake_hands(host, combination);
        const auto commands = host.counters().commands;
        const auto [version, suite] = expected_suite(combination);
        if (said) {
            CHECK_THAT(*said, ContainsSubstring(version) && ContainsSubstring(suite));
        }
        CHECK(written(commands) == written(expected_commands(combination)));
        ++made;
    }
    std::printf("%s: %d of %zu combinations\n", curve.c_str(), made, every_choice(numbers_of_values()).size());
}

}  // namespace

TEST_CASE("each two values of two parameters meet in a combination", "[consumers][levels]") {
    const auto counts =
        GENERATE(numbers_of_values(), std::vector<std::size_t>{2, 2}, std::vector<std::size_t>{1, 5, 1, 3},
                 std::vector<std::size_t>{3, 2, 2, 2, 2, 2, 2, 2, 2, 2});
    const auto choices = every_pair(counts);
    for (std::size_t first = 0; first < counts.size(); ++first) {
        for (std::size_t second = first + 1; second < counts.size(); ++second) {
            std::set<std::pair<std::size_t, std::size_t>> met;
            for (const auto& choice : choices) {
                REQUIRE(choice.size() == counts.size());
                REQUIRE(choice[first] < counts[first]);
                REQUIRE(choice[second] < counts[second]);
                met.insert({choice[first], choice[second]});
            }
            CHECK(met.size() == counts[first] * counts[second]);
        }
    }
    CHECK(every_pair(counts) == choices);
    const auto all = every_choice(counts);
    CHECK(std::set<Choice>(all.begin(), all.end()).size() == all.size());
    CHECK(all.size() == std::accumulate(counts.begin(), counts.end(), std::size_t{1}, std::multiplies<>{}));
    CHECK(std::includes(all.begin(), all.end(), choices.begin(), choices.end()));
}

TEST_CASE("each level costs the chip the same commands in every program", "[consumers][levels]") {
    check_handshakes(every_pair(numbers_of_values()), GENERATE(from_range(both_curves)));
}

TEST_CASE("so it does in every combination", "[.][all-levels]") {
    const auto choices = every_choice(numbers_of_values());
    check_handshakes(choices, GENERATE(from_range(both_curves)));
}

TEST_CASE("valgrind has nothing against a handshake", "[.][valgrind]") {
    const Host host{"P-256"};
    const auto combination = GENERATE_REF(
        from_range(combinations_of({Consumer::s_client, Consumer::s_server},
                                   {Offer::only_1_2, Offer::only_1_3, Offer::both_to_1_2}, Suite::sha256)));
    INFO(name_of(combination));
    static_cast<void>(host.counters());
    shake_hands(host, combination,
                {"valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full", "--show-leak-kinds=definite",
                 "--errors-for-leak-kinds=definite"});
    CHECK(written(host.counters().commands) == written(expected_commands(combination)));
    std::printf("%s: nothing\n", name_of(combination).c_str());
}
