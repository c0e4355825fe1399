// SPDX-License-Identifier: Apache-2.0
// Lines that `trustx setup` puts into a text file, between two marks: nothing else is touched, so that removing them
// restores every byte that was there. The first mark carries the number of the format, by which an older program
// recognises what it does not know, and a sum of the lines, by which an edit by hand is recognised.
#pragma once

#include <trustx/result.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace trustx::cli {

// Line is a piece of a text with its line end.
struct Line {
    std::size_t at;
    std::string_view whole;

    [[nodiscard]] std::string_view text() const { return whole.substr(0, whole.find_last_not_of("\r\n") + 1); }
    [[nodiscard]] std::size_t end() const { return at + whole.size(); }
};

// lines_of splits a text; the lines are views of it.
std::vector<Line> lines_of(std::string_view text);

// line_end_of is "\r\n" where the first line ends so, otherwise "\n".
std::string line_end_of(std::string_view text);

// MarkedText is a file's text split at the block.
struct MarkedText {
    std::string before;
    std::string block;           // with its marks; empty: there is none
    std::string after;           // what was appended later
    bool edited = false;         // the lines of the block are not those that were written
    bool line_was_open = false;  // the line above the block had no end before

    // split finds the block. Error: InputErrc::malformed when its marks do not pair, there are two, or a later format
    // made it.
    static Result<MarkedText> split(const std::string& text, const std::string& name);

    // without is the file as it was before the block was added, with `kept` in its place.
    [[nodiscard]] std::string without(const std::string& kept = {}) const;

    // lines are those between the marks.
    [[nodiscard]] std::vector<Line> lines() const;
};

// framed puts lines between the marks. line_was_open says that the line above them had no end.
std::string framed(const std::string& lines, bool line_was_open);

// is_remark tells the comments that framed adds from lines of others.
bool is_remark(std::string_view line);

// The word that has OpenSSL read another file: the first of a block that is a service's configuration.
inline constexpr std::string_view include_word = ".include ";

// says_nothing tells whether a text has nothing but comments and blank lines, such as kept_as_comments leaves.
bool says_nothing(std::string_view text);

// with_end_of_line is a text whose last line has one.
std::string with_end_of_line(const std::string& text);

// kept_as_comments are lines that a person added to a block which is removed: they meant something only there.
std::string kept_as_comments(const std::vector<std::string>& lines, const std::string& line_end);

}  // namespace trustx::cli
