// SPDX-License-Identifier: Apache-2.0
// Standard output of an application, in the words of the session that waits for it. What cannot be written yet is kept.
#pragma once

#include "common/io/output.hpp"
#include "connection/error.hpp"
#include "requests/json.hpp"
#include "session/application.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace trustx::mqtt {

class Printer {
 public:
    explicit Printer(int fd);

    // printable_only: a terminal, which obeys what it gets, or the journal, whose lines have a priority at their
    // beginning (sd-daemon(3)). Other programs get the bytes as they came.
    [[nodiscard]] bool printable_only() const { return kind_ != Kind::program; }

    // print writes a text that ends lines itself. Cause::output.
    Result<void> print(const std::string& text);
    // print_line writes a document; only in ASCII where it has to be printable.
    Result<void> print_line(const Json& document);
    Result<void> write();

    // drop forgets what is kept.
    void drop() { output_.drop(); }
    [[nodiscard]] bool empty() const { return output_.empty(); }
    // size is that of what is kept, in bytes.
    [[nodiscard]] std::size_t size() const { return output_.size(); }
    [[nodiscard]] bool is(int fd) const { return output_.fd() == fd; }
    // What the session waits for while something is kept; it calls write() then.
    [[nodiscard]] std::vector<WatchedFd> descriptors() const;

 private:
    enum class Kind : std::uint8_t { program, terminal, journal };

    io::Output output_;
    Kind kind_;
};

}  // namespace trustx::mqtt
