// SPDX-License-Identifier: Apache-2.0
// What the files of a systemd service say, in the order in which systemd reads them (systemd.unit(5)): the unit, then
// its drop-ins. Read from the files, so that a service which does not run, or is in another root, has them too.
#pragma once

#include <trustx/result.hpp>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trustx::cli {

// service_name is the full name, "mosquitto.service". Error: InputErrc::usage for what cannot be one.
Result<std::string> service_name(const std::string& given);

// in_root is a path of the machine whose root directory is `root`; empty: this one.
std::string in_root(const std::string& root, const std::string& path);

// followed_in_root is a path in that root whose last part is no link: one that is absolute does not lead out of it.
std::string followed_in_root(const std::string& root, const std::string& path);

// UnitSettings are the lines of [Service].
class UnitSettings {
 public:
    // read reads the files of a service, without the one named `without`. Errors: InputErrc::nothing_there when there
    // is no such unit; InputErrc::refused when it is masked; those of read_input.
    static Result<UnitSettings> read(const std::string& root, const std::string& service,
                                     const std::string& without = {});

    // add takes the lines of one file.
    void add(std::string_view text);

    // value is the last one; empty: not set, or reset.
    [[nodiscard]] std::string value(const std::string& name) const;
    // is_set says that there is a value, and that it is not one of systemd's words for no.
    [[nodiscard]] bool is_on(const std::string& name) const;
    // words are those of all values, with quotes removed.
    [[nodiscard]] std::vector<std::string> words(const std::string& name) const;

    // environment is what the unit gives to its program; files that cannot be read are left out.
    [[nodiscard]] std::map<std::string, std::string> environment(const std::string& root) const;

    // name is the unit's own, where it was asked for by an alias.
    [[nodiscard]] const std::string& name() const { return name_; }

 private:
    std::string name_;
    std::vector<std::pair<std::string, std::string>> lines_;
};

}  // namespace trustx::cli
