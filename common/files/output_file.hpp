// SPDX-License-Identifier: Apache-2.0
// A file that appears complete or not at all. It is made ready, with its space on the disk, before the chip does
// what cannot be undone: a full disk must not cost the public key of a key pair that was just generated.
#pragma once

#include "common/io/unique_fd.hpp"
#include "common/text/as_bytes.hpp"

#include <trustx/bytes.hpp>
#include <trustx/result.hpp>

#include <optional>
#include <string>
#include <string_view>

#include <sys/stat.h>
#include <sys/types.h>

namespace trustx::files {

// Readers says who may read a regular file: others as the umask allows, or, for secrets, its owner alone.
enum class Readers { as_umask_allows, owner };

// OutputFile is standard output ("-"), a device or pipe, written to directly; or a regular file, written without a name
// and given its name at the end, so that no reader sees half of it, no power cut leaves half of it, and a killed
// program leaves nothing behind. Where the file system has no files without name, and for the instant in which a file
// that was there before is replaced, it is a hidden one beside the final name. A file that was there keeps its owner,
// group, mode and extended attributes (access control lists among them); where that cannot be done by replacing it, and
// where it has further names (hard links), its content is replaced instead. A new file is never writable for others.
class OutputFile {
 public:
    // create claims the file and `reserve` bytes of space, and finds a pipe that nobody reads any more. Errors:
    // InputErrc::usage for an empty name; InputErrc::unwritable.
    static Result<OutputFile> create(const std::string& path, std::size_t reserve,
                                     Readers readers = Readers::as_umask_allows);

    // replacement is create for a regular file that exists, and leaves it with the owner, group, mode and attributes it
    // has.
    static Result<OutputFile> replacement(const std::string& path, std::size_t reserve);

    OutputFile(OutputFile&& other) noexcept;
    OutputFile& operator=(OutputFile&&) = delete;
    ~OutputFile();

    Result<void> write(ByteView bytes);
    Result<void> write(std::string_view text) { return write(text::as_bytes(text)); }

    // set_access gives a new regular file its mode and, where this process may, its group: before commit, so that no
    // reader finds it otherwise. False: the group could not be given, and the mode is as it was.
    Result<bool> set_access(mode_t mode, std::optional<gid_t> group);

    // commit makes the file durable and gives it its name. Without it nothing remains.
    Result<void> commit();

    [[nodiscard]] bool is_stdout() const { return path_.empty(); }
    // name is the path, or "standard output".
    [[nodiscard]] std::string name() const { return is_stdout() ? "standard output" : path_; }

 private:
    OutputFile() = default;
    static Result<OutputFile> regular(const std::string& path, std::size_t reserve, Readers readers);
    static Result<OutputFile> over(const std::string& path, const struct stat& status, std::size_t reserve,
                                   Readers readers);
    std::error_code copy_into_place();
    std::error_code take_name();
    [[nodiscard]] Result<void> failed(std::error_code code) const;
    Result<void> flush_directory() const;

    std::string path_;       // where the answer goes; empty: standard output
    std::string temporary_;  // the name until commit, where there is one
    std::string target_;     // path_ with symbolic links followed; empty when written to directly
    UniqueFd file_;
    UniqueFd place_;  // the file that was there, where its content is replaced
};

// write_file writes a whole file in one go: create, write and commit.
Result<void> write_file(const std::string& path, ByteView content);
inline Result<void> write_file(const std::string& path, std::string_view content) {
    return write_file(path, text::as_bytes(content));
}

}  // namespace trustx::files
