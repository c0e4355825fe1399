// SPDX-License-Identifier: Apache-2.0
#include "aws/account/ini_file.hpp"

#include "aws/account/account_error.hpp"
#include "common/files/input_error.hpp"
#include "common/files/input_file.hpp"
#include "common/text/lower_case.hpp"
#include "common/try.hpp"

#include <cerrno>
#include <optional>
#include <utility>

#include <unistd.h>

namespace trustx::aws {
namespace {

constexpr std::string_view blank = " \t\r\f\v";

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(blank);
    const auto last = text.find_last_not_of(blank);
    return first == std::string_view::npos ? std::string_view{} : text.substr(first, last - first + 1);
}

bool is_comment(std::string_view line) {
    const auto text = trimmed(line);
    return text.starts_with('#') || text.starts_with(';');
}

bool is_indented(std::string_view line) {
    return !line.empty() && blank.find(line.front()) != std::string_view::npos;
}

// take_line cuts the first line off.
std::string_view take_line(std::string_view& text) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return line;
}

struct Setting {
    std::string name;
    std::string_view value;
};

std::optional<Setting> setting_in(std::string_view line) {
    const auto delimiter = line.find_first_of("=:");
    const auto name = trimmed(line.substr(0, delimiter));
    if (delimiter == std::string_view::npos || name.empty()) {
        return std::nullopt;
    }
    return Setting{text::lower_case(name), trimmed(line.substr(delimiter + 1))};
}

class Parser {
 public:
    Parser(std::string_view text, std::map<std::string, Settings, std::less<>>& sections)
        : rest_{text}, sections_{sections} {}

    // run gives what is wrong with line(), or nothing.
    const char* run() {
        while (!rest_.empty()) {
            ++line_;
            if (const char* wrong = take(take_line(rest_)); wrong != nullptr) {
                return wrong;
            }
        }
        return nullptr;
    }
    [[nodiscard]] int line() const { return line_; }

 private:
    const char* take(std::string_view line) {
        if (trimmed(line).empty() || is_comment(line)) {
            return nullptr;
        }
        if (is_indented(line) && value_ != nullptr) {
            extend(trimmed(line));
            return nullptr;
        }
        const auto text = trimmed(line);
        return text.starts_with('[') ? take_section(text) : take_setting(text);
    }

    const char* take_section(std::string_view text) {
        const auto end = text.rfind(']');
        if (end == std::string_view::npos || trimmed(text.substr(1, end - 1)).empty()) {
            return "a section is written as [NAME]";
        }
        const auto [entry, added] = sections_.try_emplace(std::string{trimmed(text.substr(1, end - 1))});
        section_ = &entry->second;
        value_ = nullptr;
        return added ? nullptr : "this section is there twice";
    }

    const char* take_setting(std::string_view text) {
        const auto setting = setting_in(text);
        if (!setting) {
            return "neither `NAME = VALUE` nor [SECTION]";
        }
        if (section_ == nullptr) {
            return "a setting in front of the first section";
        }
        const auto [entry, added] = section_->try_emplace(setting->name, setting->value);
        value_ = &entry->second;
        return added ? nullptr : "this name is in the section twice";
    }

    // extend makes the value end where the continuation ends: both are views of the same text.
    void extend(std::string_view continuation) {
        const char* begin = value_->empty() ? continuation.data() : value_->data();
        const char* end = continuation.data() + continuation.size();
        *value_ = {begin, static_cast<std::size_t>(end - begin)};
    }

    std::string_view rest_;
    std::map<std::string, Settings, std::less<>>& sections_;
    Settings* section_ = nullptr;
    std::string_view* value_ = nullptr;  // of the setting that indented lines continue
    int line_ = 0;
};

Result<SecretBytes> content_of(const std::string& path) {
    constexpr std::size_t limit = std::size_t{1} << 20;
    SecretBytes text;
    text.reserve(4096);
    TRYV(files::for_each_piece(path, [&](ByteView piece) -> Result<void> {
        text.insert(text.end(), piece.begin(), piece.end());
        return text.size() > limit
                   ? fail(AccountErrc::configuration_malformed, path + " is longer than 1 MiB; is it the right file?")
                   : Result<void>{};
    }));
    return text;
}

}  // namespace

Result<IniFile> IniFile::read(const std::string& path) {
    if (::access(path.c_str(), F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR)) {
        return parse({}, path);
    }
    TRY(auto text, content_of(path));
    return parse(std::move(text), path);
}

Result<IniFile> IniFile::parse(SecretBytes text, const std::string& path) {
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    IniFile file;
    file.path_ = path;
    file.text_ = std::move(text);
    std::string_view view{reinterpret_cast<const char*>(file.text_.data()), file.text_.size()};
    if (view.starts_with(byte_order_mark)) {
        view.remove_prefix(byte_order_mark.size());
    }
    Parser parser{view, file.sections_};
    if (const char* wrong = parser.run(); wrong != nullptr) {
        return fail(AccountErrc::configuration_malformed,
                    path + ":" + std::to_string(parser.line()) + ": " + wrong + "; correct that line");
    }
    return file;
}

const Settings* IniFile::section(std::string_view name) const {
    const auto found = sections_.find(name);
    return found == sections_.end() ? nullptr : &found->second;
}

Settings group(std::string_view value) {
    Settings settings;
    while (!value.empty()) {
        const auto line = take_line(value);
        const auto setting = is_comment(line) ? std::nullopt : setting_in(trimmed(line));
        if (setting) {
            settings.insert_or_assign(setting->name, setting->value);
        }
    }
    return settings;
}

}  // namespace trustx::aws
