// SPDX-License-Identifier: Apache-2.0
// One profile: what the two files of AWS's programs say under its name.
#pragma once

#include "aws/account/environment.hpp"
#include "aws/account/ini_file.hpp"

#include <trustx/result.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace trustx::aws {

class Profile {
 public:
    // load reads both files. A name that was asked for and is in none of them is AccountErrc::profile_unknown; without
    // a name the profile `default` may be missing. Errors: those of IniFile::read.
    static Result<Profile> load(const std::string& name, const Environment& environment);

    [[nodiscard]] const std::string& name() const { return name_; }

    // find looks into the credentials file first, then into the configuration. Nothing for an empty value.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view setting) const;
    // in_credentials and in_configuration look into one of them.
    [[nodiscard]] std::optional<std::string_view> in_credentials(std::string_view setting) const;
    [[nodiscard]] std::optional<std::string_view> in_configuration(std::string_view setting) const;

    // service_setting looks into the section [services NAME] that the profile refers to.
    [[nodiscard]] std::optional<std::string_view> service_setting(std::string_view service,
                                                                  std::string_view setting) const;

    [[nodiscard]] const std::string& credentials_path() const { return credentials_.path(); }
    [[nodiscard]] const std::string& configuration_path() const { return configuration_.path(); }

 private:
    [[nodiscard]] std::string known_profiles() const;

    std::string name_;
    IniFile configuration_;
    IniFile credentials_;
    const Settings* configured_ = nullptr;
    const Settings* secret_ = nullptr;
};

}  // namespace trustx::aws
