// SPDX-License-Identifier: Apache-2.0
// A table of a TOML file, read strictly: a name that nobody knows, and a value of another type, end it with their line.
#pragma once

#include "common/files/input_error.hpp"

#include <trustx/result.hpp>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trustx::provisioning {

class TomlSection {
 public:
    // parse gives the top of a file with its text; `path` is for messages. InputErrc::malformed, as all of these.
    static Result<TomlSection> parse(std::string_view text, const std::string& path);

    // only refuses names that are not among these.
    [[nodiscard]] Result<void> only(std::initializer_list<std::string_view> known) const;

    // text, flag, number and words are nothing where the name is absent. text refuses control characters, which people
    // would see and files be named by; content does not.
    [[nodiscard]] Result<std::optional<std::string>> content(std::string_view name) const;
    [[nodiscard]] Result<std::optional<std::string>> text(std::string_view name) const;
    [[nodiscard]] Result<bool> flag(std::string_view name) const;
    [[nodiscard]] Result<std::optional<std::int64_t>> number(std::string_view name, std::int64_t most) const;
    [[nodiscard]] Result<std::vector<std::string>> words(std::string_view name) const;

    // section is nothing where there is no such table; sections are the tables in it.
    [[nodiscard]] Result<std::optional<TomlSection>> section(std::string_view name) const;
    [[nodiscard]] Result<std::vector<TomlSection>> sections(std::string_view name) const;

    // key is the last part of the title: "E0F1".
    [[nodiscard]] std::string key() const;

    // wrong is the error for a name, or for the section where it is empty.
    [[nodiscard]] tl::unexpected<Error> wrong(std::string_view name, const std::string& why) const;
    // placed puts file, line and name in front of somebody else's error.
    template <class T>
    [[nodiscard]] Result<T> placed(std::string_view name, Result<T> result) const {
        return result ? std::move(result) : Result<T>{wrong(name, result.error().message())};
    }

 private:
    class Table;  // of the library, a large header that one file includes
    TomlSection(std::shared_ptr<const Table> table, std::string title, std::string file)
        : table_{std::move(table)}, title_{std::move(title)}, file_{std::move(file)} {}
    template <class T>
    [[nodiscard]] Result<std::optional<T>> value(std::string_view name, const char* kind) const;

    std::shared_ptr<const Table> table_;
    std::string title_;  // its name in messages: "[slot.E0F1]"; empty for the top
    std::string file_;
};

}  // namespace trustx::provisioning
