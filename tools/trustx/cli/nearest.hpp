// SPDX-License-Identifier: Apache-2.0
// What somebody may have meant who mistyped a word.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace trustx::cli {

// nearest gives the candidates, at most three, that few typing errors lead from to the word: letters that were left
// out, added, exchanged or swapped. The nearest come first; none when nothing is near.
std::vector<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);

// did_you_mean puts them into words: "; did you mean `info` or `sign`?". Empty when nothing is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace trustx::cli
