// SPDX-License-Identifier: Apache-2.0
#include "aws/account/profile.hpp"

#include "aws/account/account_error.hpp"
#include "common/try.hpp"

#include <set>
#include <utility>

namespace trustx::aws {
namespace {

constexpr std::string_view usual = "default";

std::string path_of(const Environment& environment, const char* variable, const char* file) {
    const auto home = environment("HOME").value_or("");
    const auto path = environment(variable).value_or("~/.aws/" + std::string{file});
    const bool at_home = path.starts_with("~/");
    if (!at_home) {
        return path;
    }
    return home.empty() ? "" : home + path.substr(1);
}

// name_in gives NAME of a section `KIND NAME`; the name may be in quotes.
std::string_view name_in(std::string_view section, std::string_view kind) {
    constexpr std::string_view blank = " \t";
    if (!section.starts_with(kind) || section.size() == kind.size() ||
        blank.find(section[kind.size()]) == std::string_view::npos) {
        return {};
    }
    section.remove_prefix(section.find_first_not_of(blank, kind.size()));
    const bool quoted =
        section.size() >= 2 && (section.front() == '"' || section.front() == '\'') && section.back() == section.front();
    return quoted ? section.substr(1, section.size() - 2) : section;
}

const Settings* section_of_kind(const IniFile& file, std::string_view kind, std::string_view name) {
    for (const auto& [section, settings] : file.sections()) {
        if (name_in(section, kind) == name) {
            return &settings;
        }
    }
    return nullptr;
}

const Settings* configured(const IniFile& file, std::string_view name) {
    const auto* settings = section_of_kind(file, "profile", name);
    return settings == nullptr && name == usual ? file.section(usual) : settings;
}

std::optional<std::string_view> value_in(const Settings* settings, std::string_view name) {
    if (settings == nullptr) {
        return std::nullopt;
    }
    const auto found = settings->find(name);
    return found == settings->end() || found->second.empty() ? std::nullopt : std::optional{found->second};
}

}  // namespace

Result<Profile> Profile::load(const std::string& name, const Environment& environment) {
    Profile profile;
    profile.name_ = name.empty() ? usual : name;
    TRY(profile.configuration_, IniFile::read(path_of(environment, "AWS_CONFIG_FILE", "config")));
    TRY(profile.credentials_, IniFile::read(path_of(environment, "AWS_SHARED_CREDENTIALS_FILE", "credentials")));
    profile.configured_ = configured(profile.configuration_, profile.name_);
    profile.secret_ = profile.credentials_.section(profile.name_);
    if (!name.empty() && profile.configured_ == nullptr && profile.secret_ == nullptr) {
        return fail(AccountErrc::profile_unknown, "there is no profile `" + name + "` in " +
                                                      profile.configuration_.path() + " and " +
                                                      profile.credentials_.path() + "; " + profile.known_profiles());
    }
    return profile;
}

std::optional<std::string_view> Profile::find(std::string_view setting) const {
    const auto found = in_credentials(setting);
    return found ? found : in_configuration(setting);
}

std::optional<std::string_view> Profile::in_credentials(std::string_view setting) const {
    return value_in(secret_, setting);
}

std::optional<std::string_view> Profile::in_configuration(std::string_view setting) const {
    return value_in(configured_, setting);
}

std::optional<std::string_view> Profile::service_setting(std::string_view service, std::string_view setting) const {
    const auto name = find("services");
    const auto* services = name ? section_of_kind(configuration_, "services", *name) : nullptr;
    const auto lines = value_in(services, service);
    const auto settings = lines ? group(*lines) : Settings{};
    return value_in(&settings, setting);
}

std::string Profile::known_profiles() const {
    std::set<std::string, std::less<>> names;
    for (const auto& [section, settings] : credentials_.sections()) {
        names.insert(section);
    }
    for (const auto& [section, settings] : configuration_.sections()) {
        names.emplace(section == usual ? usual : name_in(section, "profile"));
    }
    names.erase("");
    std::string text;
    for (const auto& name : names) {
        text.append(text.empty() ? "these are there: `" : ", `").append(name).append("`");
    }
    return text.empty() ? "`aws configure --profile NAME` makes one" : text;
}

}  // namespace trustx::aws
