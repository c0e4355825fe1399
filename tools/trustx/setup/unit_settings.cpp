// SPDX-License-Identifier: Apache-2.0
#include "setup/unit_settings.hpp"

#include "common/files/input_error.hpp"
#include "common/files/input_file.hpp"
#include "common/text/lower_case.hpp"
#include "common/try.hpp"
#include "setup/marked_block.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <optional>

namespace trustx::cli {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view suffix = ".service";
constexpr std::string_view blanks = " \t\r\n";

// The first one that has a file of a name decides.
constexpr std::array<const char*, 7> unit_directories{
    "/etc/systemd/system",     "/run/systemd/system", "/run/systemd/generator",     "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system", "/lib/systemd/system", "/run/systemd/generator.late"};

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(blanks);
    return first == std::string_view::npos ? std::string_view{}
                                           : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

// words_of splits at blanks outside of quotes. systemd knows escapes, too, which no path or variable here needs.
std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    std::string word;
    bool begun = false;
    char quote = 0;
    for (const char letter : text) {
        if (quote != 0 ? letter == quote : letter == '"' || letter == '\'') {
            quote = quote != 0 ? char{0} : letter;
            begun = true;
        } else if (quote == 0 && blanks.find(letter) != std::string_view::npos) {
            if (begun) {
                words.push_back(std::exchange(word, {}));
            }
            begun = false;
        } else {
            word += letter;
            begun = true;
        }
    }
    if (begun) {
        words.push_back(word);
    }
    return words;
}

std::optional<std::string> file_text(const std::string& path) {
    std::error_code ignored;
    const auto content = fs::is_regular_file(path, ignored) ? files::read_input(path) : Result<Bytes>{Bytes{}};
    return content ? std::optional{std::string{content->begin(), content->end()}} : std::nullopt;
}

std::string target_of(const std::string& root, fs::path path) {
    constexpr int most_links = 8;
    std::error_code error;
    for (int i = 0; i < most_links; ++i) {
        const auto link = fs::read_symlink(path, error);
        if (error) {
            break;
        }
        path = link.is_absolute() ? fs::path{in_root(root, link)} : (path.parent_path() / link).lexically_normal();
    }
    return path;
}

// template_of is "getty@.service" for "getty@tty1.service"; empty: it is no instance.
std::string template_of(const std::string& service) {
    const auto at = service.find('@');
    return at == std::string::npos ? std::string{} : service.substr(0, at + 1).append(suffix);
}

std::string find_unit(const std::string& root, const std::string& service) {
    for (const auto& name : {service, template_of(service)}) {
        for (const auto* directory : unit_directories) {
            const auto path = in_root(root, std::string{directory} + "/" + name);
            std::error_code ignored;
            if (!name.empty() && fs::exists(fs::symlink_status(path, ignored))) {
                return path;
            }
        }
    }
    return {};
}

// drop_in_directories_of: the service's own, its template's, those of its name's beginnings ("a-b.service":
// "a-.service.d"), and that of all services.
std::vector<std::string> drop_in_directories_of(const std::string& service) {
    std::vector<std::string> names{service + ".d"};
    if (const auto name = template_of(service); !name.empty()) {
        names.push_back(name + ".d");
    }
    for (auto dash = service.rfind('-'); dash != std::string::npos && dash > 0; dash = service.rfind('-', dash - 1)) {
        names.push_back(service.substr(0, dash + 1).append(suffix) + ".d");
    }
    names.emplace_back("service.d");
    return names;
}

// drop_ins gives the files by their names; of several of one name the first counts, as in unit_directories.
std::map<std::string, std::string> drop_ins(const std::string& root, const std::string& service) {
    std::map<std::string, std::string> found;
    for (const auto& name : drop_in_directories_of(service)) {
        for (const auto* directory : unit_directories) {
            std::error_code ignored;
            for (const auto& entry :
                 fs::directory_iterator{in_root(root, std::string{directory} + "/" + name), ignored}) {
                if (entry.path().extension() == ".conf") {
                    found.emplace(entry.path().filename(), entry.path());
                }
            }
        }
    }
    return found;
}

}  // namespace

Result<std::string> service_name(const std::string& given) {
    const auto name = given.ends_with(suffix) ? given : given + std::string{suffix};
    const bool possible =
        name.size() > suffix.size() && name.size() < 256 && std::ranges::all_of(name, [](unsigned char letter) {
            return std::isalnum(letter) != 0 ||
                   std::string_view{":-_.\\@"}.find(static_cast<char>(letter)) != std::string_view::npos;
        });
    constexpr std::array<std::string_view, 5> others{".socket.service", ".timer.service", ".target.service",
                                                     ".mount.service", ".path.service"};
    if (!possible || std::ranges::any_of(others, [&](auto other) { return name.ends_with(other); })) {
        return fail(InputErrc::usage, "--service " + given + ": this is no name of a service, such as mosquitto");
    }
    return name;
}

std::string in_root(const std::string& root, const std::string& path) {
    return root.ends_with('/') ? root.substr(0, root.size() - 1) + path : root + path;
}

std::string followed_in_root(const std::string& root, const std::string& path) {
    return target_of(root, in_root(root, path));
}

Result<UnitSettings> UnitSettings::read(const std::string& root, const std::string& service,
                                        const std::string& without) {
    const auto unit = find_unit(root, service);
    if (unit.empty()) {
        return fail(InputErrc::nothing_there, "there is no unit " + service +
                                                  "; `systemctl list-unit-files --type=service` lists those that are");
    }
    const auto target = target_of(root, unit);
    std::error_code ignored;
    if (target == in_root(root, "/dev/null") || fs::is_empty(target, ignored)) {
        return fail(InputErrc::refused, service + " is masked by " + unit + "; `systemctl unmask` it first");
    }
    UnitSettings settings;
    const auto own = fs::path{target}.filename().string();
    settings.name_ = own.ends_with(suffix) && own != template_of(service) ? own : service;
    TRY(const auto content, files::read_input(target));
    settings.add(std::string{content.begin(), content.end()});
    for (const auto& [name, path] : drop_ins(root, settings.name_)) {
        if (const auto text = path == without ? std::nullopt : file_text(target_of(root, path))) {
            settings.add(*text);
        }
    }
    return settings;
}

void UnitSettings::add(std::string_view text) {
    std::string section;
    std::string whole;
    for (const auto& line : lines_of(text)) {
        const auto words = trimmed(line.text());
        if (words.starts_with('#') || words.starts_with(';')) {
            continue;  // in the middle of a continued line, too
        }
        whole += words;
        if (whole.ends_with('\\')) {
            whole.back() = ' ';
            continue;
        }
        const auto complete = std::exchange(whole, {});
        const auto equals = complete.find('=');
        if (complete.starts_with('[')) {
            section = complete;
        } else if (section == "[Service]" && equals != std::string::npos) {
            lines_.emplace_back(trimmed(std::string_view{complete}.substr(0, equals)),
                                trimmed(std::string_view{complete}.substr(equals + 1)));
        }
    }
}

std::string UnitSettings::value(const std::string& name) const {
    const auto last =
        std::find_if(lines_.rbegin(), lines_.rend(), [&name](const auto& line) { return line.first == name; });
    return last == lines_.rend() ? std::string{} : last->second;
}

bool UnitSettings::is_on(const std::string& name) const {
    constexpr std::array<std::string_view, 7> no{"", "no", "0", "false", "off", "n", "f"};
    return std::ranges::find(no, text::lower_case(value(name))) == no.end();
}

std::vector<std::string> UnitSettings::words(const std::string& name) const {
    std::vector<std::string> words;
    for (const auto& [key, value] : lines_) {
        if (key == name && value.empty()) {
            words.clear();
        } else if (key == name) {
            std::ranges::move(words_of(value), std::back_inserter(words));
        }
    }
    return words;
}

std::map<std::string, std::string> UnitSettings::environment(const std::string& root) const {
    std::map<std::string, std::string> environment;
    const auto add = [&environment](const std::string& assignment) {
        if (const auto equals = assignment.find('='); equals != std::string::npos && equals > 0) {
            environment[assignment.substr(0, equals)] = assignment.substr(equals + 1);
        }
    };
    std::ranges::for_each(words("Environment"), add);
    for (auto path : words("EnvironmentFile")) {
        path.erase(0, path.starts_with('-') ? 1 : 0);
        const auto text = file_text(in_root(root, path)).value_or("");
        for (const auto& line : lines_of(text)) {
            const auto words = trimmed(line.text());
            const auto assignment = words_of(words);
            if (!assignment.empty() && !words.starts_with('#') && !words.starts_with(';')) {
                add(assignment.front());
            }
        }
    }
    return environment;
}

}  // namespace trustx::cli
