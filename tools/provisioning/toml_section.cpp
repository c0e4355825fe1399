// SPDX-License-Identifier: Apache-2.0
#include "provisioning/toml_section.hpp"

#include "common/text/printable.hpp"
#include "common/try.hpp"

#include <algorithm>
#include <utility>

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

namespace trustx::provisioning {

// Table is a part of a file, which it keeps.
class TomlSection::Table {
 public:
    explicit Table(toml::table&& whole) : whole_{std::make_shared<const toml::table>(std::move(whole))} {}
    Table(const Table& parent, const toml::table& part) : whole_{parent.whole_}, part_{&part} {}

    [[nodiscard]] const toml::table& operator*() const { return part_ == nullptr ? *whole_ : *part_; }
    [[nodiscard]] const toml::table* operator->() const { return &**this; }

 private:
    std::shared_ptr<const toml::table> whole_;
    const toml::table* part_ = nullptr;  // nullptr: the whole
};

namespace {

// check_depth: the library makes a table for each dot of a key, and goes through them by recursion, without a bound.
Result<void> check_depth(std::string_view text, const std::string& path) {
    constexpr std::ptrdiff_t most = 200;
    std::size_t number = 0;
    while (!text.empty()) {
        ++number;
        const auto line = text.substr(0, text.find('\n'));
        if (std::ranges::count(line, '.') > most) {
            return fail(InputErrc::malformed, path + ":" + std::to_string(number) + ": more than " +
                                                  std::to_string(most) +
                                                  " dots: no key has so many parts, and a long text belongs in a file");
        }
        text.remove_prefix(std::min(line.size() + 1, text.size()));
    }
    return {};
}

}  // namespace

Result<TomlSection> TomlSection::parse(std::string_view text, const std::string& path) {
    TRYV(check_depth(text, path));
    auto parsed = toml::parse(text, path);
    if (!parsed) {
        const auto& error = parsed.error();
        return fail(InputErrc::malformed, path + ":" + std::to_string(error.source().begin.line) +
                                              ": not TOML: " + std::string{error.description()});
    }
    return TomlSection{std::make_shared<const Table>(std::move(parsed).table()), "", path};
}

tl::unexpected<Error> TomlSection::wrong(std::string_view name, const std::string& why) const {
    const auto& table = **table_;
    const toml::node* node = name.empty() ? &table : table.get(name);
    const auto line = node == nullptr ? table.source().begin.line : node->source().begin.line;
    const auto place = file_ + ":" + std::to_string(std::max<std::uint32_t>(line, 1)) + ": ";
    const auto what = title_ + (title_.empty() || name.empty() ? "" : " ") + std::string{name};
    return fail(InputErrc::malformed, place + what + (what.empty() ? "" : ": ") + why);
}

Result<void> TomlSection::only(std::initializer_list<std::string_view> known) const {
    for (const auto& [name, node] : **table_) {
        if (std::ranges::find(known, name.str()) == known.end()) {
            std::string names;
            for (const auto word : known) {
                names += (names.empty() ? "" : ", ") + std::string{word};
            }
            return wrong(name.str(), "unknown; there are " + names);
        }
    }
    return {};
}

template <class T>
Result<std::optional<T>> TomlSection::value(std::string_view name, const char* kind) const {
    const auto* node = (*table_)->get(name);
    if (node == nullptr) {
        return std::optional<T>{};
    }
    auto found = node->template value_exact<T>();
    return found ? Result<std::optional<T>>{std::move(found)} : wrong(name, std::string{"not "} + kind);
}

Result<std::optional<std::string>> TomlSection::content(std::string_view name) const {
    return value<std::string>(name, "a text in quotes");
}

Result<std::optional<std::string>> TomlSection::text(std::string_view name) const {
    TRY(auto found, content(name));
    return found && !text::is_printable(*found) ? wrong(name, "control characters: `" + text::printable(*found) + "`")
                                                : Result<std::optional<std::string>>{std::move(found)};
}

Result<bool> TomlSection::flag(std::string_view name) const {
    TRY(const auto found, value<bool>(name, "true or false"));
    return found.value_or(false);
}

Result<std::optional<std::int64_t>> TomlSection::number(std::string_view name, std::int64_t most) const {
    TRY(const auto found, value<std::int64_t>(name, "a number"));
    return found && (*found < 1 || *found > most) ? wrong(name, "not between 1 and " + std::to_string(most))
                                                  : Result<std::optional<std::int64_t>>{found};
}

Result<std::vector<std::string>> TomlSection::words(std::string_view name) const {
    std::vector<std::string> words;
    const auto* node = (*table_)->get(name);
    if (node == nullptr) {
        return words;
    }
    constexpr const char* no_list = R"(not a list of texts, as ["/usr/bin/program", "--option"])";
    const auto* list = node->as_array();
    if (list == nullptr || list->empty()) {
        return wrong(name, no_list);
    }
    for (const auto& item : *list) {
        auto word = item.value_exact<std::string>();
        if (!word || word->find('\0') != std::string::npos) {
            return wrong(name, no_list);
        }
        words.push_back(*std::move(word));
    }
    return words;
}

Result<std::optional<TomlSection>> TomlSection::section(std::string_view name) const {
    const auto* node = (*table_)->get(name);
    if (node == nullptr) {
        return std::optional<TomlSection>{};
    }
    const auto* table = node->as_table();
    return table == nullptr
               ? wrong(name, "not a section in brackets")
               : Result<std::optional<TomlSection>>{
                     TomlSection{std::make_shared<const Table>(*table_, *table), "[" + std::string{name} + "]", file_}};
}

Result<std::vector<TomlSection>> TomlSection::sections(std::string_view name) const {
    std::vector<TomlSection> found;
    TRY(const auto parent, section(name));
    if (!parent) {
        return found;
    }
    for (const auto& [key, node] : **parent->table_) {
        const auto* table = node.as_table();
        if (table == nullptr) {
            return parent->wrong(key.str(), "not a section: write [" + std::string{name} + ".OBJECT]");
        }
        found.push_back(TomlSection{std::make_shared<const Table>(*table_, *table),
                                    "[" + std::string{name} + "." + std::string{key.str()} + "]", file_});
    }
    return found;
}

std::string TomlSection::key() const {
    const auto dot = title_.find('.');
    return title_.substr(dot + 1, title_.size() - dot - 2);
}

}  // namespace trustx::provisioning
