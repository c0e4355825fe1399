// SPDX-License-Identifier: Apache-2.0
#include "combinations.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace trustx::test {
namespace {

// Value is one of one parameter: parameter and number.
using Value = std::pair<std::size_t, std::size_t>;
// Pairs have the value of the earlier parameter first.
using Pairs = std::set<std::pair<Value, Value>>;
using Partial = std::vector<std::optional<std::size_t>>;

Pairs all_pairs(const std::vector<std::size_t>& counts) {
    Pairs pairs;
    for (std::size_t first = 0; first < counts.size(); ++first) {
        for (std::size_t second = first + 1; second < counts.size(); ++second) {
            for (std::size_t a = 0; a < counts[first]; ++a) {
                for (std::size_t b = 0; b < counts[second]; ++b) {
                    pairs.insert({{first, a}, {second, b}});
                }
            }
        }
    }
    return pairs;
}

// How many of the pairs a value makes with those chosen already.
std::size_t gain(const Pairs& missing, const Partial& chosen, const Value& value) {
    std::size_t pairs = 0;
    for (std::size_t parameter = 0; parameter < chosen.size(); ++parameter) {
        if (chosen[parameter] && parameter != value.first) {
            const Value other{parameter, *chosen[parameter]};
            pairs += missing.count(std::minmax(value, other));
        }
    }
    return pairs;
}

}  // namespace

std::vector<Choice> every_choice(const std::vector<std::size_t>& counts) {
    std::vector<Choice> choices{{}};
    for (const auto count : counts) {
        std::vector<Choice> longer;
        for (const auto& choice : choices) {
            for (std::size_t value = 0; value < count; ++value) {
                longer.push_back(choice);
                longer.back().push_back(value);
            }
        }
        choices = std::move(longer);
    }
    return choices;
}

// Greedy: each choice begins with a pair that is missing, and takes of each other parameter the value that makes most
// of the missing pairs, or of several such values the one that was taken least often. That is not the smallest number
// of choices, but near it.
std::vector<Choice> every_pair(const std::vector<std::size_t>& counts) {
    std::vector<Choice> choices;
    std::map<Value, std::size_t> taken;
    for (auto missing = all_pairs(counts); !missing.empty();) {
        Partial chosen(counts.size());
        const auto [first, second] = *missing.begin();
        chosen[first.first] = first.second;
        chosen[second.first] = second.second;
        for (std::size_t parameter = 0; parameter < counts.size(); ++parameter) {
            if (chosen[parameter]) {
                continue;
            }
            const auto merit = [&](std::size_t value) {
                return std::pair{gain(missing, chosen, {parameter, value}), choices.size() - taken[{parameter, value}]};
            };
            std::size_t best = 0;
            for (std::size_t value = 1; value < counts[parameter]; ++value) {
                best = merit(value) > merit(best) ? value : best;
            }
            chosen[parameter] = best;
        }
        Choice choice;
        for (std::size_t parameter = 0; parameter < counts.size(); ++parameter) {
            choice.push_back(chosen[parameter].value());
            ++taken[{parameter, choice.back()}];
            for (std::size_t earlier = 0; earlier < parameter; ++earlier) {
                missing.erase({{earlier, choice[earlier]}, {parameter, choice[parameter]}});
            }
        }
        choices.push_back(std::move(choice));
    }
    std::sort(choices.begin(), choices.end());
    return choices;
}

}  // namespace trustx::test
