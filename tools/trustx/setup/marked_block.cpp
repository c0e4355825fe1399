// SPDX-License-Identifier: Apache-2.0
#include "setup/marked_block.hpp"

#include "common/files/input_error.hpp"
#include "common/try.hpp"

#include <trustx/bytes.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <new>
#include <optional>

#include <openssl/evp.h>

namespace trustx::cli {
namespace {

constexpr std::string_view begin_mark = "# BEGIN trustx";
constexpr std::string_view end_mark = "# END trustx";
constexpr std::string_view no_end_of_line = "# (the line above the block had no end of line)";
constexpr std::string_view before_format = ": format ";
constexpr std::string_view before_sum = ", sum ";

// A change after which an older program could not remove the block, or would take it for something else, takes the next
// number. Blocks without a number are older than the first.
constexpr unsigned format = 1;

// sum_of is the start of SHA-256 over the lines, whatever their line ends are: editors convert these.
std::string sum_of(const std::vector<Line>& lines) {
    constexpr std::size_t size = 8;
    std::string text;
    for (const auto& line : lines) {
        text.append(line.text()).append("\n");
    }
    std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
    if (EVP_Q_digest(nullptr, "SHA256", nullptr, text.data(), text.size(), digest.data(), nullptr) != 1) {
        throw std::bad_alloc{};
    }
    return to_hex(ByteView{digest}.first(size));
}

std::string_view behind(std::string_view text, std::string_view word) {
    const auto at = text.find(word);
    return at == std::string_view::npos ? std::string_view{} : text.substr(at + word.size());
}

// format_of reads a first mark. Nothing: it has no number.
std::optional<unsigned> format_of(std::string_view mark) {
    const auto digits = behind(mark, before_format);
    unsigned number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return error == std::errc{} ? std::optional{number} : std::nullopt;
}

tl::unexpected<Error> do_not_pair(const std::string& name) {
    return fail(InputErrc::malformed, name + ": the marks \"" + std::string{begin_mark} + "\" and \"" +
                                          std::string{end_mark} +
                                          "\" do not pair; remove by hand what `trustx setup` put between them");
}

Result<void> check_format(std::string_view mark, const std::string& name) {
    const auto number = format_of(mark);
    if (number.value_or(0) > format) {
        return fail(InputErrc::malformed, name + " has a block of a later trustx, in format " +
                                              std::to_string(*number) + "; this one knows format " +
                                              std::to_string(format) + ": use the program that made it");
    }
    return {};
}

}  // namespace

std::vector<Line> lines_of(std::string_view text) {
    std::vector<Line> lines;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = text.find('\n', at);
        const auto size = (end == std::string_view::npos ? text.size() : end + 1) - at;
        lines.push_back({at, text.substr(at, size)});
        at += size;
    }
    return lines;
}

std::string line_end_of(std::string_view text) {
    const auto end = text.find('\n');
    return end != std::string_view::npos && end > 0 && text[end - 1] == '\r' ? "\r\n" : "\n";
}

Result<MarkedText> MarkedText::split(const std::string& text, const std::string& name) {
    std::optional<Line> begin;
    std::optional<Line> end;
    for (const auto& line : lines_of(text)) {
        const bool begins = line.text().starts_with(begin_mark);
        const bool ends = line.text() == end_mark;
        if ((begins && begin) || (ends && (!begin || end))) {
            return do_not_pair(name);
        }
        begin = begins ? line : begin;
        end = ends ? line : end;
    }
    MarkedText split{.before = text, .block = {}, .after = {}};
    if (!begin) {
        return split;
    }
    TRYV(check_format(begin->text(), name));
    if (!end) {
        return fail(InputErrc::malformed, name + ": \"" + std::string{end_mark} +
                                              "\" is missing; remove by hand what `trustx setup` put into the file");
    }
    split.before = text.substr(0, begin->at);
    split.block = text.substr(begin->at, end->end() - begin->at);
    split.after = text.substr(end->end());
    const auto lines = split.lines();
    split.edited = !behind(begin->text(), before_sum).starts_with(sum_of(lines));
    for (const auto& line : lines) {
        split.line_was_open = split.line_was_open || line.text() == no_end_of_line;
    }
    return split;
}

// The end of line that was added goes, unless other lines now follow it.
std::string MarkedText::without(const std::string& kept) const {
    const bool reopened = line_was_open && kept.empty() && after.empty();
    return before.substr(0, before.size() - (reopened ? line_end_of(block).size() : 0)) + kept + after;
}

std::vector<Line> MarkedText::lines() const {
    auto lines = lines_of(block);
    if (lines.size() < 2) {
        return {};
    }
    return {lines.begin() + 1, lines.end() - 1};
}

std::string framed(const std::string& lines, bool line_was_open) {
    const auto all = (line_was_open ? std::string{no_end_of_line} + "\n" : "") + lines;
    return std::string{begin_mark}
        .append(before_format)
        .append(std::to_string(format))
        .append(before_sum)
        .append(sum_of(lines_of(all)))
        .append("; made by `trustx setup enable`, removed by `trustx setup disable`\n")
        .append(all)
        .append(end_mark)
        .append("\n");
}

bool is_remark(std::string_view line) {
    return line == no_end_of_line;
}

bool says_nothing(std::string_view text) {
    const auto lines = lines_of(text);
    return std::ranges::all_of(lines, [](const Line& line) {
        const auto words = line.text();
        const auto first = words.find_first_not_of(" \t");
        return first == std::string_view::npos || words[first] == '#';
    });
}

std::string with_end_of_line(const std::string& text) {
    return text.empty() || text.ends_with('\n') ? text : text + line_end_of(text);
}

std::string kept_as_comments(const std::vector<std::string>& lines, const std::string& line_end) {
    std::string text;
    for (const auto& line : lines) {
        text.append("# added by hand to the block of `trustx setup`: ").append(line).append(line_end);
    }
    return text;
}

}  // namespace trustx::cli
