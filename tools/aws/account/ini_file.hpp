// SPDX-License-Identifier: Apache-2.0
// AWS's files of profiles, as the program aws reads them: sections, `name = value` or `name: value`, comment lines, and
// groups of indented lines below a name without a value. Libraries for such files have no groups, and libinih cuts
// lines at 200 bytes, which a session token exceeds.
#pragma once

#include <trustx/result.hpp>
#include <trustx/secret.hpp>

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace trustx::aws {

// Settings are names in lower case and their values, which are views of an IniFile's text.
using Settings = std::map<std::string, std::string_view, std::less<>>;

// IniFile owns its text, which is wiped. Movable: the views stay valid.
class IniFile {
 public:
    // read gives an empty file for one that does not exist. Errors: InputErrc::unreadable;
    // AccountErrc::configuration_malformed with file and line, and nothing of the line itself.
    static Result<IniFile> read(const std::string& path);
    // parse reads text; path is for messages.
    static Result<IniFile> parse(SecretBytes text, const std::string& path);

    // section is nullptr where there is none of the name.
    [[nodiscard]] const Settings* section(std::string_view name) const;
    [[nodiscard]] const std::map<std::string, Settings, std::less<>>& sections() const { return sections_; }
    [[nodiscard]] const std::string& path() const { return path_; }

 private:
    std::string path_;
    SecretBytes text_;
    std::map<std::string, Settings, std::less<>> sections_;
};

// group reads a value that consists of indented lines; what is not `name = value` is left out.
Settings group(std::string_view value);

}  // namespace trustx::aws
