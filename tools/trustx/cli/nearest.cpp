// SPDX-License-Identifier: Apache-2.0
#include "cli/nearest.hpp"

#include "common/text/lower_case.hpp"

#include <algorithm>
#include <utility>

namespace trustx::cli {
namespace {

// distance is the number of letters to insert, delete, replace or swap with their neighbour (optimal string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> table(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) {
        for (std::size_t j = 0; j <= b.size(); ++j) {
            auto& best = table[i][j];
            best = i == 0 ? j : j == 0 ? i : table[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            if (i > 0 && j > 0) {
                best = std::min({best, table[i - 1][j] + 1, table[i][j - 1] + 1});
            }
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                best = std::min(best, table[i - 2][j - 2] + 1);
            }
        }
    }
    return table[a.size()][b.size()];
}

}  // namespace

std::vector<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates) {
    constexpr std::size_t longest = 64;  // nobody mistypes more than that
    constexpr std::size_t most = 3;
    const auto typed = text::lower_case(std::string{word.substr(0, longest)});
    std::vector<std::pair<std::size_t, std::string>> near;
    for (const auto& candidate : candidates) {
        const auto errors = distance(typed, text::lower_case(candidate));
        if (errors <= 1 + std::min(typed.size(), candidate.size()) / 4) {
            near.emplace_back(errors, candidate);
        }
    }
    std::ranges::stable_sort(near, {}, &std::pair<std::size_t, std::string>::first);
    std::vector<std::string> words;
    for (auto& [errors, candidate] : near) {
        if (words.size() < most) {
            words.push_back(std::move(candidate));
        }
    }
    return words;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
    const auto words = nearest(word, candidates);
    std::string text;
    for (std::size_t i = 0; i < words.size(); ++i) {
        text += (i == 0 ? "; did you mean `" : i + 1 == words.size() ? " or `" : ", `") + words[i] + "`";
    }
    return text.empty() ? text : text + "?";
}

}  // namespace trustx::cli
