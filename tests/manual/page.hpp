// SPDX-License-Identifier: Apache-2.0
// The manual pages as tests read them: mdoc(7), a macro in each line.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace trustx::test {

using Words = std::set<std::string>;

class Page {
 public:
    // by_name reads a page of docs/man: "trustx.1".
    static Page by_name(const std::string& name);
    // all reads every page there is.
    static std::vector<Page> all();

    // name and section are those of the file: "trustx.conf" and "5".
    [[nodiscard]] std::string name() const { return path_.stem().string(); }
    [[nodiscard]] std::string section() const { return path_.extension().string().substr(1); }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }
    [[nodiscard]] const std::string& text() const { return text_; }

    // program and command are what it is about: trustx-aws is the page of `trustx aws`, trustx-mqtt that of a program.
    [[nodiscard]] std::string program() const;
    [[nodiscard]] std::string command() const;

    // part is what stands below a heading (.Sh), up to the next one. Fails the test when there is no such heading.
    [[nodiscard]] std::string part(const std::string& heading) const;

    // options are those that the items of the page describe: of each subcommand, which is a .Ss, and under "" those of
    // the part OPTIONS, by their long names without dashes.
    [[nodiscard]] std::map<std::string, Words> options() const;

 private:
    explicit Page(std::filesystem::path path);

    std::filesystem::path path_;
    std::string text_;
};

// all_of collects the first group of each match.
Words all_of(const std::string& text, const std::string& pattern);

}  // namespace trustx::test
