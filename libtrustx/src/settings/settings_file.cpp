// SPDX-License-Identifier: Apache-2.0
#include "settings/settings_file.hpp"

#include <cerrno>
#include <cstring>
#include <exception>
#include <optional>
#include <string_view>
#include <utility>

#include <ini.h>

namespace trustx {
namespace {

constexpr std::string_view device_section = "device ";

// inih keeps section names in buffers of 50 bytes and cuts the rest off silently.
constexpr std::size_t longest_section = 48;

// Parser is what inih's callbacks work on. inih reports no line numbers, so the lines are counted where they are read.
class Parser {
 public:
    Parser(std::FILE* file, const std::string& path) : file_{file}, path_{path} {}

    Result<SettingsFile> run();

 private:
    static char* read_line(char* buffer, int size, void* parser) noexcept;
    static int take_setting(void* parser, const char* section, const char* name, const char* value) noexcept;

    char* next_line(char* buffer, int size);
    bool take(std::string_view section, std::string_view name, std::string_view value);
    SettingValues* find_section(std::string_view name);

    // stop keeps the first error.
    void stop(Error error);
    void stop(const std::string& what) { stop(Error{Errc::setting_invalid, place() + ": " + what}); }
    [[nodiscard]] std::string place() const { return path_ + ":" + std::to_string(line_); }

    std::FILE* file_;
    const std::string& path_;
    int line_ = 0;
    bool stop_ = false;
    std::optional<Error> error_;
    std::exception_ptr exception_;
    SettingsFile result_;
};

Result<SettingsFile> Parser::run() {
    const int bad_line = ::ini_parse_stream(&Parser::read_line, this, &Parser::take_setting, this);
    if (exception_) {
        std::rethrow_exception(exception_);
    }
    if (error_) {
        return tl::unexpected<Error>(*error_);
    }
    if (bad_line != 0) {
        line_ = bad_line;
        stop("neither `name = value` nor `[device NAME]`");
        return tl::unexpected<Error>(*error_);
    }
    return std::move(result_);
}

// The callbacks are called from C: no exception may pass through it.
char* Parser::read_line(char* buffer, int size, void* parser) noexcept {
    auto& self = *static_cast<Parser*>(parser);
    try {
        return self.stop_ ? nullptr : self.next_line(buffer, size);
    } catch (...) {
        self.exception_ = std::current_exception();
        return nullptr;
    }
}

int Parser::take_setting(void* parser, const char* section, const char* name, const char* value) noexcept {
    auto& self = *static_cast<Parser*>(parser);
    try {
        const bool good = !self.stop_ && self.take(section, name, value != nullptr ? value : "");
        return good ? 1 : 0;
    } catch (...) {
        self.exception_ = std::current_exception();
        self.stop_ = true;
        return 0;
    }
}

// next_line gives inih one line without its indentation, because inih takes an indented line for a continuation of
// the one before.
char* Parser::next_line(char* buffer, int size) {
    errno = 0;
    if (std::fgets(buffer, size, file_) == nullptr) {
        if (std::ferror(file_) != 0) {
            stop(Error{errno_code(), "read settings file " + path_});
        }
        return nullptr;
    }
    ++line_;
    const std::size_t length = std::strlen(buffer);
    const bool whole = length > 0 && (buffer[length - 1] == '\n' || std::feof(file_) != 0);
    if (!whole) {
        stop("the line is longer than " + std::to_string(size - 2) + " bytes or holds a zero byte");
        return nullptr;
    }
    const std::size_t indent = std::strspn(buffer, " \t");
    std::memmove(buffer, buffer + indent, length - indent + 1);
    if (buffer[0] == '[' && std::strcspn(buffer, "]") > longest_section) {
        stop("the section's name is longer than " + std::to_string(longest_section) + " bytes");
        return nullptr;
    }
    return buffer;
}

bool Parser::take(std::string_view section, std::string_view name, std::string_view value) {
    SettingValues* found = find_section(section);
    if (found == nullptr) {
        return false;
    }
    const auto taken = found->set(SettingLayer::file, name, value, place());
    if (!taken) {
        stop(taken.error());
    }
    return taken.has_value();
}

SettingValues* Parser::find_section(std::string_view name) {
    if (name.empty()) {
        return &result_.defaults;
    }
    if (!name.starts_with(device_section) || name.size() == device_section.size()) {
        stop("unknown section [" + std::string{name} + "], sections are called [device NAME]");
        return nullptr;
    }
    return &result_.devices[std::string{name.substr(device_section.size())}];
}

void Parser::stop(Error error) {
    stop_ = true;
    if (!error_) {
        error_ = std::move(error);
    }
}

}  // namespace

Result<SettingsFile> parse_settings_file(std::FILE* file, const std::string& path) {
    return Parser{file, path}.run();
}

}  // namespace trustx
