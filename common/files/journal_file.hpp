// SPDX-License-Identifier: Apache-2.0
// What the journals of all programs have in common: their file with its lock, and how their text is judged. A journal
// is JSON with a "format", a number that grows when an older program could misread it, and a "phase"; what else is in
// it, its own reader knows.
#pragma once

#include "common/files/file_store.hpp"
#include "common/files/input_error.hpp"
#include "common/text/json_words.hpp"
#include "common/try.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

namespace trustx::files {

// PhaseName is a phase of a journal, and its word in the file.
template <class Phase>
struct PhaseName {
    Phase phase;
    std::string_view text;
};

template <class Names, class Phase>
std::string phase_word(const Names& names, Phase phase) {
    return std::string{std::ranges::find_if(names, [phase](const auto& each) { return each.phase == phase; })->text};
}

// read_phase reads "phase". InputErrc::malformed; throws nlohmann's exceptions.
template <class Names>
auto read_phase(const Names& names, const nlohmann::ordered_json& json) {
    const auto word = json.at("phase").get<std::string>();
    const auto found = std::ranges::find_if(names, [&word](const auto& each) { return each.text == word; });
    using Found = Result<std::decay_t<decltype(found->phase)>>;
    return found == names.end() ? Found{fail(InputErrc::malformed, "it has the phase `" + word + "`")}
                                : Found{found->phase};
}

// JournalSource is the text of a journal, and what is said of it.
struct JournalSource {
    const std::string& text;
    const std::string& name;  // the file's
    int newest;               // format that this program knows; it reads all before as well
    std::string remedy;       // one sentence without full stop
};

inline tl::unexpected<Error> of_later_version(const JournalSource& source, int format) {
    return fail(InputErrc::malformed, source.name + " is a journal of a later version of this program (format " +
                                          std::to_string(format) + ", and this one knows " +
                                          std::to_string(source.newest) +
                                          "): go on, or take it back, with that version; nothing was changed");
}

// parse_journal gives what `read` makes of the JSON and its format; it may throw nlohmann's exceptions for what is
// missing or of another type. InputErrc::malformed, also for the format of a later version.
template <class Read>
auto parse_journal(const JournalSource& source, Read read) -> decltype(read(nlohmann::ordered_json{}, 0)) {
    const auto unusable = [&](const std::string& why) {
        return fail(InputErrc::malformed,
                    source.name + " is no journal that can be taken up: " + why + ". " + source.remedy);
    };
    const auto json = nlohmann::ordered_json::parse(source.text, nullptr, false);
    if (json.is_discarded()) {
        return unusable("it is damaged, cut off or changed: its text is no JSON");
    }
    try {
        const auto& written = json.at("format");
        if (!written.is_number_integer()) {
            return unusable("its format is no whole number");
        }
        // A number that no version will have stands for all of those.
        const auto format =
            static_cast<int>(std::clamp<std::int64_t>(written.template get<std::int64_t>(), 0, 1'000'000));
        if (format > source.newest) {
            return of_later_version(source, format);
        }
        if (format < 1) {
            return unusable("it has the format " + std::to_string(format));
        }
        auto journal = read(json, format);
        return journal ? std::move(journal) : unusable(journal.error().message());
    } catch (const nlohmann::json::exception& error) {
        return unusable("it is damaged or has been changed: " + text::json_words(error));
    }
}

// JournalFile is where a journal is. The directory is its owner's, and made when something is written.
template <class Journal>
class JournalFile {
 public:
    // Busy is what the error says where another process has the lock: "another process ... (it holds PATH)".
    struct Busy {
        std::error_code code;
        std::string what;
    };

    JournalFile(FileStore& files, std::string directory, const std::string& journal, const std::string& lock, Busy busy)
        : files_{files},
          directory_{std::move(directory)},
          path_{directory_ + "/" + journal},
          lock_path_{directory_ + "/" + lock},
          busy_{std::move(busy)} {}

    [[nodiscard]] const std::string& path() const { return path_; }

    // lock excludes other processes that have the same journal. The code of Busy.
    Result<std::unique_ptr<FileStore::Lock>> lock() {
        TRYV(files_.make_directory(directory_, Access::owner));
        TRY(auto held, files_.lock(lock_path_));
        if (held == nullptr) {
            return fail(busy_.code,
                        "another process " + busy_.what + " (it holds " + lock_path_ + "); wait until it has ended");
        }
        return held;
    }

    Result<std::optional<Journal>> load() {
        TRY(const auto content, files_.read(path_));
        if (!content) {
            return std::optional<Journal>{};
        }
        TRY(auto journal, Journal::parse(*content, path_));
        return std::optional{std::move(journal)};
    }

    Result<void> save(const Journal& journal) { return files_.write(path_, journal.text(), Access::owner); }
    Result<void> remove() { return files_.remove(path_); }

 private:
    FileStore& files_;
    std::string directory_;
    std::string path_;
    std::string lock_path_;
    Busy busy_;
};

}  // namespace trustx::files
