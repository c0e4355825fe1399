// SPDX-License-Identifier: Apache-2.0
#include "attest/log.hpp"

#include "attest/error.hpp"
#include "attest/json.hpp"
#include "common/files/file_error.hpp"
#include "common/files/input_error.hpp"
#include "common/files/writers.hpp"
#include "common/io/unique_fd.hpp"
#include "common/io/write_all.hpp"
#include "common/text/as_bytes.hpp"
#include "common/text/time_text.hpp"
#include "common/try.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace trustx::attest {
namespace {

Digest chained(const Digest& previous, std::string_view object) {
    Hasher hasher;
    hasher.add(ByteView{previous});
    hasher.add(object);
    return hasher.finish();
}

// read_components refuses what is no digest.
std::optional<std::map<std::string, Digest>> read_components(const nlohmann::json& object) {
    std::map<std::string, Digest> components;
    for (const auto& [name, value] : object.items()) {
        const auto digest = value.is_string() ? from_hex(value.get<std::string>()) : std::nullopt;
        if (!digest) {
            return std::nullopt;
        }
        components.emplace(name, *digest);
    }
    return components;
}

// read_line gives the entry, or why it is none that may stand there.
std::string read_line(const std::string& line, std::size_t number, const std::string& boot_id, const Digest& previous,
                      LogEntry& entry) {
    constexpr std::size_t chain_size = 64;
    const auto chain = from_hex(line.substr(0, chain_size));
    if (!chain || line.substr(chain_size, 1) != " ") {
        return "has no digest in front";
    }
    const auto object = std::string_view{line}.substr(chain_size + 1);
    if (chained(previous, object) != *chain) {
        return "does not follow the one before it: something was changed, removed or added";
    }
    const auto json = read_json(object);
    if (!json.is_object() || !json.contains("components") || !json.at("components").is_object()) {
        return "is no object with components";
    }
    if (json.value("n", nlohmann::json{}) != number) {
        return "has another number";
    }
    if (json.value("boot", nlohmann::json{}) != boot_id) {
        return "is of another start of the system";
    }
    const auto time = json.value("time", nlohmann::json{});
    auto components = read_components(json.at("components"));
    if (!components || !time.is_string() || !text::parse_time(time.get<std::string>())) {
        return "has no time, or a component without a digest";
    }
    entry = {.line = line, .chain = *chain, .time = time.get<std::string>(), .components = *std::move(components)};
    return {};
}

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

Result<std::string> whole_file(int file, const std::string& path) {
    std::string content;
    std::array<char, 4096> piece{};
    for (;;) {
        const auto count = ::read(file, piece.data(), piece.size());
        if (count < 0 && errno != EINTR) {
            return files::cannot_read(path, errno_code());
        }
        if (count == 0) {
            return content;
        }
        content.append(piece.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
        if (content.size() > log_limit) {
            return fail(InputErrc::malformed, path + " is longer than a log can be");
        }
    }
}

Result<Log> log_of(int file, const std::string& path, const std::string& boot_id) {
    struct stat found {};
    if (::fstat(file, &found) != 0) {
        return files::cannot_read(path, errno_code());
    }
    if (const auto safe = files::check_writers(path, found); !safe) {
        return Log{.entries = {}, .broken = safe.error().operation()};
    }
    TRY(const auto content, whole_file(file, path));
    auto log = parse_log(lines_of(content), boot_id);
    if (log.broken.empty() && !content.empty() && !content.ends_with('\n')) {
        log.broken = "the last entry is cut off";
    }
    return log;
}

// What is no file is not opened, and nothing is put beside it: a device may act on that.
Result<void> check_is_file(const std::string& path) {
    struct stat found {};
    if (::lstat(path.c_str(), &found) == 0 && !S_ISREG(found.st_mode)) {
        return fail(InputErrc::refused, path + " is no file, and a log of measurements is written into nothing else");
    }
    return {};
}

// lock_of takes the lock that belongs to a log. The file stays: who removed it would let two have it.
Result<UniqueFd> lock_of(const std::string& log, Clock& clock) {
    constexpr std::chrono::milliseconds pause{10};
    const auto path = log + ".lock";
    UniqueFd file{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600)};
    struct stat found {};
    if (!file || ::fstat(file.get(), &found) != 0) {
        return files::cannot_write(path, errno_code());
    }
    TRYV(files::check_writers(path, found));
    if (::fchmod(file.get(), 0600) != 0) {
        return files::cannot_write(path, errno_code());
    }
    const auto deadline = Deadline::after(clock, log_patience);
    while (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            return files::cannot_write(path, errno_code());
        }
        if (deadline.passed(clock)) {
            return fail(InputErrc::unwritable, "another process has had the lock " + path + " for " +
                                                   std::to_string(log_patience.count()) + " s; `fuser " + path +
                                                   "` tells which, and nothing was entered into " + log);
        }
        clock.sleep_for(pause);
    }
    return file;
}

// Everybody may read a log, whatever the umask is: it is no secret, and who signs evidence need not be root. A log that
// is there already is left as it is.
Result<UniqueFd> open_for_appending(const std::string& path) {
    constexpr int flags = O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    UniqueFd file{::open(path.c_str(), flags | O_CREAT | O_EXCL, 0644)};
    if (file && ::fchmod(file.get(), 0644) != 0) {
        return files::cannot_write(path, errno_code());
    }
    if (!file && errno == EEXIST) {
        TRYV(check_is_file(path));
        file = UniqueFd{::open(path.c_str(), flags)};
    }
    if (!file) {
        return files::cannot_write(path, errno_code());
    }
    return file;
}

}  // namespace

Digest Log::head(const std::string& boot_id) const {
    return entries.empty() ? sha256(boot_id) : entries.back().chain;
}

Log parse_log(const std::vector<std::string>& lines, const std::string& boot_id) {
    Log log;
    for (const auto& line : lines) {
        LogEntry entry;
        const auto number = log.entries.size() + 1;
        const auto why =
            number > log_lines_limit ? "is one too many" : read_line(line, number, boot_id, log.head(boot_id), entry);
        if (!why.empty()) {
            log.broken = "entry " + std::to_string(number) + " " + why;
            break;
        }
        log.entries.push_back(std::move(entry));
    }
    return log;
}

Result<Log> read_log(const std::string& path, const std::string& boot_id) {
    const UniqueFd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
    if (!file) {
        return errno == ENOENT ? Result<Log>{Log{}} : Result<Log>{files::cannot_read(path, errno_code())};
    }
    return log_of(file.get(), path, boot_id);
}

Result<LogEntry> append_to_log(const std::string& path, const std::string& boot_id, std::time_t now,
                               const std::map<std::string, Digest>& components) {
    SystemClock clock;
    return append_to_log(path, boot_id, now, components, clock);
}

Result<LogEntry> append_to_log(const std::string& path, const std::string& boot_id, std::time_t now,
                               const std::map<std::string, Digest>& components, Clock& clock) {
    std::error_code code;
    std::filesystem::create_directories(std::filesystem::path{path}.parent_path(), code);
    TRYV(check_is_file(path));
    TRY(const auto lock, lock_of(path, clock));
    TRY(const auto file, open_for_appending(path));
    TRY(const auto log, log_of(file.get(), path, boot_id));
    if (!log.broken.empty()) {
        return fail(AttestErrc::log_broken, path + ": " + log.broken + "; nothing is added to it");
    }
    const auto number = log.entries.size() + 1;
    auto named = nlohmann::ordered_json::object();
    for (const auto& [name, digest] : components) {
        named[name] = hex(digest);
    }
    const nlohmann::ordered_json object{
        {"n", number}, {"boot", boot_id}, {"time", text::time_text(now)}, {"components", named}};
    const auto text = object.dump();
    const auto chain = chained(log.head(boot_id), text);
    LogEntry entry{
        .line = hex(chain) + " " + text, .chain = chain, .time = text::time_text(now), .components = components};
    const auto size = ::lseek(file.get(), 0, SEEK_END);
    if (number > log_lines_limit || size < 0 || static_cast<std::size_t>(size) + entry.line.size() + 1 > log_limit) {
        return fail(InputErrc::refused, path + " is full; it begins anew with the next start of the system");
    }
    if (const auto failed = io::write_all(file.get(), text::as_bytes(entry.line + "\n"))) {
        // Half a line would break the log.
        static_cast<void>(::ftruncate(file.get(), size));
        return files::cannot_write(path, failed);
    }
    return entry;
}

}  // namespace trustx::attest
