// SPDX-License-Identifier: Apache-2.0
#include "page.hpp"

#include "support/build_tree.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

#include <regex>
#include <sstream>
#include <utility>

namespace trustx::test {
namespace {

std::filesystem::path directory() {
    return source_directory() / "docs" / "man";
}

}  // namespace

Page::Page(std::filesystem::path path) : path_{std::move(path)}, text_{read_file(path_)} {}

Page Page::by_name(const std::string& name) {
    return Page{directory() / name};
}

std::vector<Page> Page::all() {
    std::vector<Page> pages;
    for (const auto& entry : std::filesystem::directory_iterator{directory()}) {
        pages.push_back(Page{entry.path()});
    }
    return pages;
}

std::string Page::program() const {
    return command().empty() ? name() : name().substr(0, name().rfind('-'));
}

std::string Page::command() const {
    const auto dash = name().rfind('-');
    const bool of_program = dash == std::string::npos || std::filesystem::exists(test::program(name()));
    return of_program ? "" : name().substr(dash + 1);
}

std::string Page::part(const std::string& heading) const {
    const auto begin = text_.find("\n.Sh " + heading + "\n");
    CAPTURE(path_, heading);
    REQUIRE(begin != std::string::npos);
    return text_.substr(begin, text_.find("\n.Sh ", begin + 1) - begin);
}

std::map<std::string, Words> Page::options() const {
    std::map<std::string, Words> described;
    std::istringstream lines{text_};
    std::string place{"none"};
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(".Sh ")) {
            place = line == ".Sh OPTIONS" ? "" : "none";
        }
        if (line.starts_with(".Ss ")) {
            place = line.substr(4);
        }
        if (place != "none") {
            described[place].merge(line.starts_with(".It ") ? all_of(line, R"(Fl -([a-z0-9-]+))") : Words{});
        }
    }
    return described;
}

Words all_of(const std::string& text, const std::string& pattern) {
    const std::regex form{pattern};
    Words found;
    for (auto match = std::sregex_iterator{text.begin(), text.end(), form}; match != std::sregex_iterator{}; ++match) {
        found.insert((*match)[1]);
    }
    return found;
}

}  // namespace trustx::test
